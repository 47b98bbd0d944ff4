/** The words of a path below `/integration/`. */
type Path = { readonly first: string; readonly second?: string | undefined; readonly third?: string | undefined }

/** The token that a path names, and the organization to which it must belong; null: any. */
type Address = { readonly token: string; readonly organizationId: string | null }

/**
 * Reads the three forms of PagerTree's URLs (contract vendors 4.1): `<number>/<uuid>/<uuid>` of old, `int_<token>` of today,
 * and `<organization>/<token>`. The two UUIDs without their dashes are the token. Null: it is none of them.
 */
export function pagertreeAddress({ first, second, third }: Path): Address | null {
  if (second === undefined) return /^int_/i.test(first) ? { token: tokenFrom(first.slice(4)), organizationId: null } : null
  if (third === undefined) return { token: tokenFrom(second), organizationId: first }
  // The number is that of one of their servers and says nothing here. A word in its place is another tool's URL.
  return /^\d{1,20}$/.test(first) ? { token: tokenFrom(second + third), organizationId: null } : null
}

const tokenFrom = (written: string): string => written.replaceAll('-', '').toLowerCase()
