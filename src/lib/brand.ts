/**
 * Branded primitives: a `MessageId` is a string that exactly one parse function makes,
 * so the compiler keeps it apart from every other string.
 */
declare const brand: unique symbol;

export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
