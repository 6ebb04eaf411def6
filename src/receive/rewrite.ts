/**
 * What the header of a message must be to pass a door, and what of it we change: our Received line goes on top,
 * what only a server of ours may claim goes out, and a submitted message gets the fields that it lacks. All other
 * octets stay as they are, so that signatures of senders stay valid.
 */
import type { Limits } from '../config/settings.ts';
import {
  type Address,
  addressKey,
  type DomainName,
  domainOf,
  parseDomain,
  splitDetail,
} from '../mail/address.ts';
import type { Client, Login } from '../mail/envelope.ts';
import { parseMailboxList } from '../mail/from-header.ts';
import {
  fieldsNamed,
  fieldValue,
  type HeaderField,
  parseHeaderBlock,
  withoutFields,
} from '../mail/headers.ts';
import type { MessageId } from '../mail/message-id.ts';
import { printable, type Reply } from '../mail/reply.ts';
import { replies } from './replies.ts';

export interface HeaderFacts {
  readonly id: MessageId;
  readonly hostname: string;
  readonly receivedAt: number;
  readonly client: Client;
  readonly esmtp: boolean;
  /** Null: from outside. */
  readonly login: Login | null;
  /** As they were given. */
  readonly recipients: readonly Address[];
}

export type RewrittenHeader =
  | {
      readonly kind: 'passed';
      /** Our lines on top. */
      readonly added: Buffer;
      /** What stays of the block, with the empty line behind it. */
      readonly kept: readonly Buffer[];
      readonly messageIdHeader: string | null;
      /** Of the addresses in From when nobody logged in; names for people do not count, nor what cannot be read. */
      readonly claimedDomains: ReadonlySet<DomainName>;
    }
  /** `why`: for operators; null: the reply says it all. */
  | { readonly kind: 'refused'; readonly reply: Reply; readonly why: string | null };

/** `block`: the header lines and, if there is one, the empty line behind them. */
export function rewriteHeader(
  block: Buffer,
  facts: HeaderFacts,
  limits: Pick<Limits, 'receivedLines'>,
): RewrittenHeader {
  const parsed = parseHeaderBlock(block);
  if (parsed.kind === 'malformed') return refused(replies.malformedHeader, parsed.why);
  const { fields } = parsed;
  if (fieldsNamed(fields, 'received').length > limits.receivedLines) return refused(replies.loop);
  const identity = facts.login ? checkIdentity(block, fields, facts.login) : checkOutside(fields);
  if (identity) return refused(identity);

  const missing = facts.login ? missingFields(fields, facts) : '';
  const [messageId] = fieldsNamed(fields, 'message-id');
  return {
    kind: 'passed',
    added: Buffer.from(`${receivedLine(facts)}${missing}`, 'latin1'),
    kept: withoutFields(block, fields, facts.login ? isDroppedFromOurs : isDropped),
    messageIdHeader: messageId
      ? printable(fieldValue(block, messageId)).slice(0, 998)
      : facts.login
        ? ownMessageId(facts)
        : null,
    claimedDomains: new Set(facts.login ? [] : fromDomains(block, fields)),
  };
}

function refused(reply: Reply, why: string | null = null): RewrittenHeader {
  return { kind: 'refused', reply, why };
}

/**
 * RFC 8601 §5 has us remove what claims to be our own verdict and lets us remove all of it; all is safer, since
 * a name can be written in ways that some reader takes for ours. Return-Path is set anew at delivery.
 */
function isDropped(name: string): boolean {
  return (
    name === 'authentication-results' ||
    name === 'return-path' ||
    name.startsWith('x-spam') ||
    name.startsWith('x-virus') ||
    name.startsWith('x-geganti-')
  );
}

function isDroppedFromOurs(name: string): boolean {
  return isDropped(name) || name === 'bcc' || name === 'resent-bcc';
}

function checkOutside(fields: readonly HeaderField[]): Reply | null {
  return fieldsNamed(fields, 'from').length > 1 ? replies.severalFrom : null;
}

/** The domains that a reader may take the message to come from: of an unreadable list, all that follow an "@". */
function fromDomains(block: Buffer, fields: readonly HeaderField[]): DomainName[] {
  const [from] = fieldsNamed(fields, 'from');
  if (!from) return [];
  const value = fieldValue(block, from);
  const list = parseMailboxList(value);
  if (list.kind === 'mailboxes') return list.addresses.map(domainOf);
  const words = value.matchAll(/@\s*([^\s<>()[\]",;:@]+)/g);
  return Array.from(words, ([, word = '']) => parseDomain(word)).filter((domain) => domain !== null);
}

/** Nobody sends as somebody else: From, and Sender if there is one, are the login's own address. */
function checkIdentity(block: Buffer, fields: readonly HeaderField[], login: Login): Reply | null {
  const [from, ...moreFrom] = fieldsNamed(fields, 'from');
  if (!from) return replies.noFrom;
  if (moreFrom.length > 0) return replies.severalFrom;
  const list = parseMailboxList(fieldValue(block, from));
  if (list.kind === 'unreadable') return replies.malformedHeader;
  if (list.kind === 'group' || !isOwnList(list.addresses, login)) return replies.fromNotYours;
  const senders = fieldsNamed(fields, 'sender');
  for (const field of senders) {
    const sender = parseMailboxList(fieldValue(block, field));
    if (senders.length > 1 || sender.kind !== 'mailboxes' || !isOwnList(sender.addresses, login)) {
      return replies.senderFieldNotYours;
    }
  }
  return null;
}

function isOwnList(addresses: readonly Address[], login: Login): boolean {
  const [address] = addresses;
  return addresses.length === 1 && address !== undefined && isOwnAddress(address, login);
}

/** The login's address in any case, or one with a `+detail` of its own. */
export function isOwnAddress(address: Address, login: Login): boolean {
  const key = addressKey(address);
  const own = addressKey(login.address);
  return key === own || splitDetail(key).base === own;
}

function missingFields(fields: readonly HeaderField[], facts: HeaderFacts): string {
  const date = fieldsNamed(fields, 'date').length === 0 ? `Date: ${mailDate(facts.receivedAt)}\r\n` : '';
  const id = fieldsNamed(fields, 'message-id').length === 0 ? `Message-ID: ${ownMessageId(facts)}\r\n` : '';
  return date + id;
}

function ownMessageId(facts: HeaderFacts): string {
  return `<${facts.id}@${facts.hostname}>`;
}

/** RFC 5321 §4.4, with the protocol names of RFC 3848. `for` only when it gives no other recipient away. */
function receivedLine(facts: HeaderFacts): string {
  const { client, login, recipients } = facts;
  const secure = `${client.tls === null ? '' : 'S'}${login ? 'A' : ''}`;
  const literal = client.address.includes(':') ? `IPv6:${client.address}` : client.address;
  const lines = [
    `Received: from ${client.helo} ([${literal}])`,
    `by ${facts.hostname} with ${facts.esmtp ? `ESMTP${secure}` : 'SMTP'} id ${facts.id}`,
  ];
  if (client.tls !== null) lines.push(`(${client.tls})`);
  if (login) lines.push(`(authenticated as ${login.address})`);
  if (recipients.length === 1) lines.push(`for <${recipients[0]}>`);
  return `${lines.join('\r\n\t')};\r\n\t${mailDate(facts.receivedAt)}\r\n`;
}

/** RFC 5322 §3.3, in UTC. */
function mailDate(atMs: number): string {
  return new Date(atMs).toUTCString().replace(/GMT$/, '+0000');
}
