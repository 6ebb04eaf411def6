/**
 * Mail addresses as the envelope carries them (RFC 5321 §4.1.2), checked once and branded.
 *
 * - A domain is kept as lower-case A-labels without a trailing dot; two domains are equal when these are.
 * - A local part is kept as written; our own mailboxes are found without regard to its case.
 * - Limits of RFC 5321 §4.5.3.1: local part 64 octets, domain 255, whole path 254.
 * - Quoted local parts, address literals and route prefixes are not addresses of ours and are refused here.
 */
import { domainToASCII } from 'node:url';
import type { Brand } from '../lib/brand.ts';

export type DomainName = Brand<string, 'DomainName'>;
export type Address = Brand<string, 'Address'>;
/** RFC 5321 §4.5.5: null is the empty path `<>` of bounces and notices. */
export type ReversePath = Address | null;

const ATEXT = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Letters, digits, hyphens and dots, or anything beyond ASCII. */
const DOMAIN_OCTETS = /^[A-Za-z0-9.\u0080-\u{10ffff}-]+$/u;

/** Null: not a host name with at least two labels. Unicode labels become A-labels. */
export function parseDomain(text: string): DomainName | null {
  if (text.length > 255 || text.endsWith('.')) return null;
  // domainToASCII reads a URL's host: "%61.b" and "a.b/x" would come out as "a.b" and pass for another domain.
  if (!DOMAIN_OCTETS.test(text)) return null;
  const ascii = domainToASCII(text.toLowerCase());
  if (ascii === '' || ascii.length > 253) return null;
  const labels = ascii.split('.');
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return null;
  if (/^\d+$/.test(labels.at(-1) ?? '')) return null;
  return ascii as DomainName;
}

/** Null: not `local@domain` in the form above. */
export function parseAddress(text: string): Address | null {
  const at = text.lastIndexOf('@');
  if (at < 1 || at > 64) return null;
  const local = text.slice(0, at);
  const domain = parseDomain(text.slice(at + 1));
  if (!domain || !ATEXT.test(local)) return null;
  const address = `${local}@${domain}`;
  return address.length > 254 ? null : (address as Address);
}

export function localPart(address: Address): string {
  return address.slice(0, address.lastIndexOf('@'));
}

export function domainOf(address: Address): DomainName {
  return address.slice(address.lastIndexOf('@') + 1) as DomainName;
}

/** The form in which our own addresses are stored and compared: lower case throughout. */
export function addressKey(address: Address): Address {
  return address.toLowerCase() as Address;
}

/** `ali+Projek@moh.example` → base `ali@moh.example`, detail `Projek`; detail null without `+`. */
export function splitDetail(address: Address): { base: Address; detail: string | null } {
  const local = localPart(address);
  const plus = local.indexOf('+');
  if (plus < 1) return { base: address, detail: null };
  return { base: `${local.slice(0, plus)}@${domainOf(address)}` as Address, detail: local.slice(plus + 1) };
}

export function withDetail(address: Address, detail: string): Address {
  const { base } = splitDetail(address);
  return `${localPart(base)}+${detail}@${domainOf(base)}` as Address;
}
