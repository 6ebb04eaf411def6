/** A filter in the form in which rows and events are compared with it. */
import { isIPv6, SocketAddress } from 'node:net';
import { addressKey, parseAddress, parseDomain } from '../mail/address.ts';
import { domainOf, keyOf } from './entry-rows.ts';

/** What is asked of an address: the whole, or its domain. */
export type Wanted =
  | { readonly kind: 'address'; readonly key: string }
  | { readonly kind: 'domain'; readonly key: string };

/** "ali@moh.example", "@moh.example", "<>". */
export function wantedOf(text: string): Wanted {
  if (text === '<>') return { kind: 'address', key: '' };
  if (text.startsWith('@')) {
    const domain = text.slice(1);
    return { kind: 'domain', key: parseDomain(domain) ?? domain.toLowerCase() };
  }
  const address = parseAddress(text);
  return { kind: 'address', key: address ? addressKey(address) : (keyOf(text) ?? '') };
}

/** `written` null: the null sender; undefined: not known. */
export function isWanted(wanted: Wanted, written: string | null | undefined): boolean {
  if (written === undefined) return false;
  return wanted.key === (wanted.kind === 'domain' ? domainOf(written) : keyOf(written ?? ''));
}

/** A Message-ID with and without its angle brackets. */
export function formsOfMessageId(text: string): string[] {
  const bare = text.replace(/^<(.*)>$/, '$1');
  return [`<${bare}>`, bare];
}

/** In the form in which the doors write it. */
export function clientOf(text: string): string {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** Each of them must be there. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
