/**
 * Reads the value of From, Sender and their like: a list of mailboxes (RFC 5322 §3.4). Strict on purpose: the
 * value decides who a message says it is from, so whatever two programs might read in two ways is not read at
 * all. Groups, routes, quoted local parts and domain literals are refused. Two things beyond the grammar pass
 * because honest mail is full of them and they cannot change an address: dots and octets above 127 in names.
 * One pass, linear in the length.
 */
import { type Address, parseAddress } from './address.ts';

export type MailboxList =
  | { readonly kind: 'mailboxes'; readonly addresses: readonly Address[] }
  | { readonly kind: 'group' }
  | { readonly kind: 'unreadable' };

type Token =
  /** A run of atom characters, dots included; `spaced`: white space or a comment came before it. */
  | { readonly kind: 'atom'; readonly text: string; readonly spaced: boolean }
  | { readonly kind: 'quoted' }
  | { readonly kind: 'special'; readonly text: string; readonly spaced: boolean };

const ATOM = /[^\x00-\x20\x7f()<>[\]:;@\\,"]+/y;
const SPACE = /[ \t]+/y;
const QUOTED = /"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*"/y;
const UNREADABLE: MailboxList = { kind: 'unreadable' };

/** `value`: unfolded, octets as Latin-1. */
export function parseMailboxList(value: string): MailboxList {
  const tokens = tokenize(value);
  if (!tokens) return UNREADABLE;
  // A colon outside quotes and comments is the mark of a group (or of a route, which is refused with it).
  if (tokens.some((token) => token.kind === 'special' && (token.text === ':' || token.text === ';'))) {
    return { kind: 'group' };
  }
  const addresses: Address[] = [];
  for (const part of splitAtCommas(tokens)) {
    const address = readMailbox(part);
    if (!address) return UNREADABLE;
    addresses.push(address);
  }
  return { kind: 'mailboxes', addresses };
}

function tokenize(value: string): Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  let spaced = false;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(value)?.[0] ?? null;
  };
  while (at < value.length) {
    const char = value.charAt(at);
    const space = match(SPACE);
    if (space !== null || char === '(') {
      const end = space === null ? endOfComment(value, at) : at + space.length;
      if (end < 0) return null;
      at = end;
      spaced = true;
      continue;
    }
    const atom = match(ATOM);
    const quoted = atom === null && char === '"' ? match(QUOTED) : null;
    if (atom !== null) tokens.push({ kind: 'atom', text: atom, spaced });
    else if (quoted !== null) tokens.push({ kind: 'quoted' });
    else if ('<>@,:;'.includes(char)) tokens.push({ kind: 'special', text: char, spaced });
    else return null;
    at += atom?.length ?? quoted?.length ?? 1;
    spaced = false;
  }
  return tokens;
}

/** RFC 5322 §3.2.2: comments nest. The offset behind the closing parenthesis; -1: it is missing. */
function endOfComment(value: string, from: number): number {
  let depth = 0;
  for (let at = from; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === '\\') at++;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at + 1;
    else if (char < ' ' && char !== '\t') return -1;
  }
  return -1;
}

function splitAtCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'special' && token.text === ',') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** `addr-spec`, or `phrase <addr-spec>`. */
function readMailbox(tokens: readonly Token[]): Address | null {
  const open = tokens.findIndex((token) => isSpecial(token, '<'));
  if (open < 0) return readAddress(tokens);
  const name = tokens.slice(0, open);
  const last = tokens.at(-1);
  if (!last || !isSpecial(last, '>') || name.some((token) => token.kind === 'special')) return null;
  return readAddress(tokens.slice(open + 1, -1));
}

/** Exactly `atom @ atom`, in one piece: white space inside an address is obsolete and read differently. */
function readAddress(tokens: readonly Token[]): Address | null {
  const [local, at, domain] = tokens;
  if (tokens.length !== 3 || local?.kind !== 'atom' || domain?.kind !== 'atom') return null;
  if (!at || !isSpecial(at, '@') || (at.kind === 'special' && at.spaced) || domain.spaced) return null;
  const text = `${local.text}@${domain.text}`;
  return /^[\x21-\x7e]+$/.test(text) ? parseAddress(text) : null;
}

function isSpecial(token: Token, text: string): boolean {
  return token.kind === 'special' && token.text === text;
}
