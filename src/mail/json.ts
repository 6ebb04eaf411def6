/** Addresses, envelopes, verdicts as they lie on the disk (spool, quarantine): JSON, read back without trust. */
import {
  asFields,
  asList,
  asNumber,
  asString,
  BadField,
  type Fields,
  oneOf,
  orNull,
  parseFields,
} from '../lib/fields.ts';
import { type Address, parseAddress } from './address.ts';
import type {
  AgencyId,
  Client,
  DoorInspection,
  Envelope,
  Login,
  Recipient,
  Release,
  UserId,
} from './envelope.ts';
import { asFinding } from './finding-json.ts';
import { type MessageId, parseMessageId } from './message-id.ts';
import { completeVerdict } from './older-verdict.ts';
import { currentReason, QUARANTINE_REASONS, type QuarantineReason } from './outcome.ts';
import type { Verdict } from './verdict.ts';

export function encodeEnvelope(envelope: Envelope): Buffer {
  return Buffer.from(JSON.stringify(envelope));
}

/** Throws `BadField`, as all below. */
export function parseEnvelope(json: Buffer): Envelope {
  return envelopeOf(parseFields(json.toString('utf8')), '');
}

export function asEnvelope(value: unknown, name: string): Envelope {
  return envelopeOf(asFields(value, name), `${name}.`);
}

function envelopeOf(fields: Fields, prefix: string): Envelope {
  const recipients = asList(fields.recipients, `${prefix}recipients`, asRecipient);
  if (recipients.length === 0) throw new BadField(`${prefix}recipients: empty`);
  return {
    id: asMessageId(fields.id, `${prefix}id`),
    door: oneOf(fields.door, `${prefix}door`, ['mx', 'submission', 'submissions', 'internal']),
    receivedAt: asNumber(fields.receivedAt, `${prefix}receivedAt`),
    sender: orNull(fields.sender, `${prefix}sender`, asAddress),
    login: orNull(fields.login, `${prefix}login`, asLogin),
    client: orNull(fields.client, `${prefix}client`, asClient),
    recipients,
    sizeBytes: asNumber(fields.sizeBytes, `${prefix}sizeBytes`),
    messageIdHeader: orNull(fields.messageIdHeader, `${prefix}messageIdHeader`, asString),
    parent: orNull(fields.parent, `${prefix}parent`, asMessageId),
    // An older spool may hold records without it.
    claimsOurDomain: asFlag(fields.claimsOurDomain ?? false, `${prefix}claimsOurDomain`),
    ...(fields.inspection !== undefined && {
      inspection: asInspection(fields.inspection, `${prefix}inspection`),
    }),
    ...(fields.release !== undefined && { release: asRelease(fields.release, `${prefix}release`) }),
  };
}

export function asVerdict(value: unknown, name: string): Verdict {
  const fields = asFields(value, name);
  const scanned = {
    kind: oneOf(fields.kind, `${name}.kind`, ['clean', 'junk', 'spam', 'infected', 'unscannable']),
    signature: orNull(fields.signature, `${name}.signature`, asString),
    score: asNumber(fields.score, `${name}.score`),
    junkScore: asNumber(fields.junkScore, `${name}.junkScore`),
    symbols: asList(fields.symbols, `${name}.symbols`, asString),
  } as const;
  // An older spool may hold records without them.
  if (fields.action === undefined && fields.findings === undefined) return completeVerdict(scanned);
  return {
    action: oneOf(fields.action, `${name}.action`, ['deliver', 'junk', 'quarantine', 'refuse']),
    findings: asList(fields.findings, `${name}.findings`, asFinding),
    ...scanned,
  };
}

export function asQuarantineReason(value: unknown, name: string): QuarantineReason {
  return oneOf(currentReason(asString(value, name)), name, QUARANTINE_REASONS);
}

export function asAddress(value: unknown, name: string): Address {
  const address = parseAddress(asString(value, name));
  if (address === null) throw new BadField(`${name}: no address`);
  return address;
}

export function asMessageId(value: unknown, name: string): MessageId {
  const id = parseMessageId(asString(value, name));
  if (id === null) throw new BadField(`${name}: no message id`);
  return id;
}

function asFlag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new BadField(`${name}: neither true nor false`);
  return value;
}

function asRecipient(value: unknown, name: string): Recipient {
  const fields = asFields(value, name);
  return {
    address: asAddress(fields.address, `${name}.address`),
    ...owner(fields, name),
    ...(fields.original !== undefined && { original: asAddress(fields.original, `${name}.original`) }),
  };
}

function asInspection(value: unknown, name: string): DoorInspection {
  const fields = asFields(value, name);
  return {
    findings: asList(fields.findings, `${name}.findings`, asFinding),
    unopened: asFlag(fields.unopened, `${name}.unopened`),
    agencies: asList(fields.agencies, `${name}.agencies`, asString),
  };
}

function asRelease(value: unknown, name: string): Release {
  const fields = asFields(value, name);
  return { by: asString(fields.by, `${name}.by`), force: asFlag(fields.force, `${name}.force`) };
}

function asLogin(value: unknown, name: string): Login {
  const fields = asFields(value, name);
  return { ...owner(fields, name), address: asAddress(fields.address, `${name}.address`) };
}

/** Ids of the directory have no form of their own that could be checked here. */
function owner(fields: Fields, name: string): { userId: UserId; agencyId: AgencyId } {
  return {
    userId: asString(fields.userId, `${name}.userId`) as UserId,
    agencyId: asString(fields.agencyId, `${name}.agencyId`) as AgencyId,
  };
}

function asClient(value: unknown, name: string): Client {
  const fields = asFields(value, name);
  return {
    address: asString(fields.address, `${name}.address`),
    helo: asString(fields.helo, `${name}.helo`),
    tls: orNull(fields.tls, `${name}.tls`, asString),
  };
}
