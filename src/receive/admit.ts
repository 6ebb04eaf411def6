/**
 * What is decided at MAIL and at RCPT: who may send as whom, and to whom. The only ways to a `250` at RCPT lead
 * through a mailbox that the directory knows, so there is nothing here that could relay.
 */
import type { DoorSettings, Limits } from '../config/settings.ts';
import type { Directory } from '../directory/directory.ts';
import {
  type Address,
  addressKey,
  domainOf,
  localPart,
  parseAddress,
  parseDomain,
  type ReversePath,
  splitDetail,
} from '../mail/address.ts';
import type { Login, Recipient } from '../mail/envelope.ts';
import type { Reply } from '../mail/reply.ts';
import type { PathArgument } from './command.ts';
import { replies, tooBig } from './replies.ts';
import { isOwnAddress } from './rewrite.ts';

export type Admission<T> =
  | { readonly kind: 'admitted'; readonly value: T }
  | { readonly kind: 'refused'; readonly reply: Reply };

function admitted<T>(value: T): Admission<T> {
  return { kind: 'admitted', value };
}

function refused(reply: Reply): Admission<never> {
  return { kind: 'refused', reply };
}

/** The ESMTP parameters of MAIL. We advertise SIZE and 8BITMIME; AUTH= is ignored (RFC 4954 §5). */
export function checkMailParameters(
  parameters: ReadonlyMap<string, string | null>,
  limits: Pick<Limits, 'messageBytes'>,
): Reply | null {
  for (const [name, value] of parameters) {
    switch (name) {
      case 'AUTH':
        continue;
      case 'SIZE':
        // RFC 1870 §4: size-value ::= 1*20DIGIT
        if (value === null || !/^\d{1,20}$/.test(value)) return replies.badArgument;
        if (Number(value) > limits.messageBytes) return tooBig(limits.messageBytes);
        continue;
      case 'BODY':
        if (!/^(7BIT|8BITMIME)$/i.test(value ?? '')) return replies.badArgument;
        continue;
      default:
        return replies.unknownParameter;
    }
  }
  return null;
}

/** `login` null: the mx door, where anybody outside may be the sender, and none of us: we log in. */
export async function admitSender(
  path: string,
  login: Login | null,
  directory: Pick<Directory, 'isOurDomain'>,
): Promise<Admission<ReversePath>> {
  if (path === '') return login ? refused(replies.nullSender) : admitted(null);
  const sender = parseAddress(path);
  if (!sender) return refused(replies.badSender);
  if (login) return isOwnAddress(sender, login) ? admitted(sender) : refused(replies.notYourAddress);
  return (await directory.isOurDomain(domainOf(sender)))
    ? refused(replies.senderMustLogIn)
    : admitted(sender);
}

export interface RecipientFacts {
  readonly directory: Pick<Directory, 'isOurDomain' | 'findMailbox'>;
  readonly hostname: string;
  readonly login: Login | null;
  /** Those accepted already, by `addressKey`. */
  readonly accepted: ReadonlyMap<Address, Recipient>;
  readonly maxRecipients: DoorSettings['maxRecipients'];
}

export async function admitRecipient(
  argument: PathArgument,
  facts: RecipientFacts,
): Promise<Admission<Recipient>> {
  const { directory, login } = facts;
  const given = await readRecipient(argument.path, facts);
  if (given.kind === 'refused') return given;
  if (!(await directory.isOurDomain(domainOf(given.value)))) {
    return refused(login ? replies.outsideNotYet : replies.relayDenied);
  }
  // DSN is not advertised; NOTIFY and ORCPT are refused, and never decide anything.
  if (argument.parameters.size > 0) return refused(replies.unknownParameter);

  const { base } = splitDetail(given.value);
  const address = login && isOwnAddress(given.value, login) ? given.value : base;
  const already = facts.accepted.get(addressKey(address));
  if (already) return admitted(already);
  if (facts.accepted.size >= facts.maxRecipients) return refused(replies.tooManyRecipients);

  const mailbox = await directory.findMailbox(base);
  if (!mailbox) return refused(looksLikeRelay(base) ? replies.relayDenied : replies.unknownUser);
  // Strangers learn nothing from the difference between a disabled account and none.
  if (!mailbox.active) return refused(login ? replies.disabledUser : replies.unknownUser);
  return admitted({ address, userId: mailbox.userId, agencyId: mailbox.agencyId });
}

/** "u%victim.test@ours" and "victim.test!u@ours" are old ways to ask for relaying. */
function looksLikeRelay(address: Address): boolean {
  return /[%!]/.test(localPart(address));
}

async function readRecipient(path: string, facts: RecipientFacts): Promise<Admission<Address>> {
  if (path.toLowerCase() === 'postmaster') return await findPostmaster(facts);
  const address = parseAddress(path);
  if (address) return admitted(address);
  // RFC 5321 §4.1.3: an address literal is good syntax, and no domain of ours.
  if (/^[^@\s"]+@\[[0-9A-Za-z.:]+\]$/.test(path)) return refused(replies.relayDenied);
  return refused(replies.badRecipient);
}

/** RFC 5321 §4.5.1: `<postmaster>` without a domain is the one of this server. */
async function findPostmaster(facts: RecipientFacts): Promise<Admission<Address>> {
  const { hostname, directory } = facts;
  for (const name of [hostname, hostname.slice(hostname.indexOf('.') + 1)]) {
    const domain = parseDomain(name);
    const address = domain && parseAddress(`postmaster@${domain}`);
    if (address && (await directory.isOurDomain(domainOf(address)))) return admitted(address);
  }
  return refused(replies.unknownUser);
}
