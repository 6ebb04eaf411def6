/** The envelope as it lies in the spool: JSON, read back without trust. */
import type { AgencyId, Client, Envelope, Login, Recipient, UserId } from '../mail/envelope.ts';
import {
  asAddress,
  asFields,
  asList,
  asMessageId,
  asNumber,
  asString,
  BadField,
  oneOf,
  orNull,
  parseFields,
} from './fields.ts';

export function encodeEnvelope(envelope: Envelope): Buffer {
  return Buffer.from(JSON.stringify(envelope));
}

/** Throws `BadField`. */
export function parseEnvelope(json: Buffer): Envelope {
  const fields = parseFields(json.toString('utf8'));
  const recipients = asList(fields.recipients, 'recipients', asRecipient);
  if (recipients.length === 0) throw new BadField('recipients: empty');
  return {
    id: asMessageId(fields.id, 'id'),
    door: oneOf(fields.door, 'door', ['mx', 'submission', 'submissions', 'internal']),
    receivedAt: asNumber(fields.receivedAt, 'receivedAt'),
    sender: orNull(fields.sender, 'sender', asAddress),
    login: orNull(fields.login, 'login', asLogin),
    client: orNull(fields.client, 'client', asClient),
    recipients,
    sizeBytes: asNumber(fields.sizeBytes, 'sizeBytes'),
    messageIdHeader: orNull(fields.messageIdHeader, 'messageIdHeader', asString),
    parent: orNull(fields.parent, 'parent', asMessageId),
  };
}

function asRecipient(value: unknown, name: string): Recipient {
  const fields = asFields(value, name);
  return { address: asAddress(fields.address, `${name}.address`), ...owner(fields, name) };
}

function asLogin(value: unknown, name: string): Login {
  const fields = asFields(value, name);
  return { ...owner(fields, name), address: asAddress(fields.address, `${name}.address`) };
}

/** Ids of the directory have no form of their own that could be checked here. */
function owner(
  fields: Readonly<Record<string, unknown>>,
  name: string,
): { userId: UserId; agencyId: AgencyId } {
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
