import type { TeamId } from './ids.ts'

/** Which rows of a list are wanted. */
export type Window = { readonly limit: number; readonly offset: number }

/** A list that is too long to read whole. The count comes first, so that a page beyond the end can be the last one. */
export type Listing<Item> = {
  count(): Promise<number>
  items(window: Window): Promise<readonly Item[]>
}

/** What most lists are filtered by. Undefined keeps everything; a team of null keeps what has none. */
export type NamedFilter = { readonly name?: string | undefined; readonly teamId?: TeamId | null | undefined }
