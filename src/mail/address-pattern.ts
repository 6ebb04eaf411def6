/** What people name when they look for mail: "ali@moh.example", "@moh.example" for a whole domain, "<>" for the empty path. */
import { addressKey, parseAddress, parseDomain } from './address.ts';

/** In the form in which addresses are compared: lower case, domains as A-labels. */
export interface AddressPattern {
  readonly kind: 'address' | 'domain';
  /** Of the empty path: empty. */
  readonly key: string;
}

/** Any text is a pattern; one that is no address fits what was given in its place. */
export function parsePattern(text: string): AddressPattern {
  if (text === '<>') return { kind: 'address', key: '' };
  if (text.startsWith('@')) {
    const domain = text.slice(1);
    return { kind: 'domain', key: parseDomain(domain) ?? domain.toLowerCase() };
  }
  const address = parseAddress(text);
  return { kind: 'address', key: address ? addressKey(address) : text.toLowerCase() };
}

/** `written`: an address, or what was given in the place of one; null: the empty path. */
export function fitsPattern({ kind, key }: AddressPattern, written: string | null): boolean {
  const given = (written ?? '').toLowerCase();
  return kind === 'domain' ? given.endsWith(`@${key}`) : given === key;
}
