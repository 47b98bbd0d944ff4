/**
 * The URL of a receiver as others than its webhook are told of it: paths and queries are often secrets, and mails and other
 * receivers are read by many eyes. Null where a template makes the host.
 */
export const shownReceiver = (url: string | null): string | null => (url === null ? null : (URL.parse(url)?.origin ?? null))
