/**
 * What is decided at MAIL and at RCPT: who may send as whom, and to whom. The only ways to a `250` at RCPT lead
 * through mailboxes that the directory knows, so there is nothing here that could relay.
 */
import type { DoorSettings, Limits } from '../config/settings.ts';
import type { Directory, Mailbox } from '../directory/directory.ts';
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
import { isRoleAddress, type Vacancies } from './role-address.ts';
import type { Transaction } from './session-types.ts';

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
  readonly directory: Pick<Directory, 'isOurDomain' | 'findMailbox' | 'findAdministrators'>;
  readonly vacancies: Vacancies;
  readonly hostname: string;
  readonly login: Login | null;
  /** What was accepted already. */
  readonly transaction: Pick<Transaction, 'given' | 'recipients'>;
  readonly maxRecipients: DoorSettings['maxRecipients'];
}

/** Whom one RCPT adds. */
export interface AdmittedRecipient {
  /** `addressKey` of what was given. */
  readonly key: Address;
  /** Several when it stands for several people; none when they all were given already. */
  readonly recipients: readonly Recipient[];
}

export async function admitRecipient(
  argument: PathArgument,
  facts: RecipientFacts,
): Promise<Admission<AdmittedRecipient>> {
  const { directory, login } = facts;
  const { given: before } = facts.transaction;
  const given = await readRecipient(argument.path, facts);
  if (given.kind === 'refused') return given;
  if (!(await directory.isOurDomain(domainOf(given.value)))) {
    return refused(login ? replies.outsideNotYet : replies.relayDenied);
  }
  // DSN is not advertised; NOTIFY and ORCPT are refused, and never decide anything.
  if (argument.parameters.size > 0) return refused(replies.unknownParameter);

  const { base } = splitDetail(given.value);
  const address = login && isOwnAddress(given.value, login) ? given.value : base;
  const key = addressKey(address);
  if (before.has(key)) return admitted({ key, recipients: [] });
  if (before.size >= facts.maxRecipients) return refused(replies.tooManyRecipients);

  const mailbox = await directory.findMailbox(base);
  if (mailbox?.active) return admitted({ key, recipients: [recipientOf(mailbox, address)] });
  // Before all refusals: these two have to be reached.
  if (isRoleAddress(base)) return await admitAdministrators(base, facts);
  if (!mailbox) return refused(looksLikeRelay(base) ? replies.relayDenied : replies.unknownUser);
  // Strangers learn nothing from the difference between a disabled account and none.
  return refused(login ? replies.disabledUser : replies.unknownUser);
}

function recipientOf({ userId, agencyId }: Mailbox, address: Address): Recipient {
  return { address, userId, agencyId };
}

async function admitAdministrators(
  original: Address,
  { directory, vacancies, transaction }: RecipientFacts,
): Promise<Admission<AdmittedRecipient>> {
  const domain = domainOf(original);
  const administrators = await directory.findAdministrators(domain);
  if (administrators.length === 0) {
    vacancies.note(domain);
    return refused(replies.noAdministrator);
  }
  const before = new Set([...transaction.recipients.values()].map(({ userId }) => userId));
  const recipients = administrators
    .filter(({ userId }) => !before.has(userId))
    .map((mailbox) => ({ ...recipientOf(mailbox, mailbox.address), original }));
  return admitted({ key: addressKey(original), recipients });
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
