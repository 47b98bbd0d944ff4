declare const brand: unique symbol

/** A value of a plain type that must not be mixed up with others of that type. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name }
