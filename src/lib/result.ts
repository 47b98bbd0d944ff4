/** What pure code answers when it may be asked for something that cannot be had. */
export type Result<Value, Reason> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: Reason }

export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value })
export const no = <Reason>(reason: Reason): { readonly ok: false; readonly reason: Reason } => ({ ok: false, reason })
