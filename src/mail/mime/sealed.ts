/** What is sealed for its reader, so that nobody on the way can look into it. */
import type { Content } from './describe.ts';

/** RFC 8551 §3.2, RFC 1847 §2.2, RFC 3156 §4. */
const SEALED: ReadonlySet<string> = new Set([
  'application/pkcs7-mime',
  'application/x-pkcs7-mime',
  'application/pgp-encrypted',
  'application/pgp',
  'multipart/encrypted',
]);

/** The type by which it is; null: it is not. RFC 8551 §3.2.1: a name in .p7m says it where gateways changed the type. */
export function sealedType({ type, names }: Pick<Content, 'type' | 'names'>): string | null {
  if (SEALED.has(type)) return type;
  return names.some((name) => name.toLowerCase().endsWith('.p7m')) ? 'application/pkcs7-mime' : null;
}

/** RFC 5652: what is sealed so may be signed only. */
export function isCms(type: string): boolean {
  return type.endsWith('pkcs7-mime');
}
