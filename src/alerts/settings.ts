/** What alerts need to know of the configuration. */
export type AlertSettings = {
  /** The public URL without a slash at its end. */
  readonly baseUrl: string
}
