import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export type User = { readonly name: string; readonly uid: number; readonly gid: number }

export const isRoot = (): boolean => process.getuid?.() === 0

/** The accounts in /etc/passwd that are not root. initdb refuses a user without such an entry. */
export function ordinaryUsers(): readonly User[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((user) => user.uid > 0 && user.gid >= 0)
}

/** What to call the owner of a file. */
export const nameOf = (uid: number): string =>
  uid === 0 ? 'root' : (ordinaryUsers().find((user) => user.uid === uid)?.name ?? `number ${uid}`)

/**
 * The first thing on the way to a path (the path itself included) that a user may not pass, or null.
 * Judged by mode bits, without supplementary groups, because PostgreSQL is started without them. The path must exist and
 * hold no links.
 */
export function obstacle(path: string, user: User): string | null {
  const parent = dirname(path)
  const above = parent === path ? null : obstacle(parent, user)
  if (above !== null) return above
  const { uid, gid, mode } = statSync(path)
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
  return (mode & bit) === 0 ? path : null
}
