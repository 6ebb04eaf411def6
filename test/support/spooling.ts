/** Opens spools of the real kind and puts messages through them: for the tests of the spool itself. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { SpoolSettings } from '../../src/config/settings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type Address, parseAddress } from '../../src/mail/address.ts';
import type { AgencyId, Envelope, UserId } from '../../src/mail/envelope.ts';
import { type MessageId, newMessageId } from '../../src/mail/message-id.ts';
import type { FinalOutcome } from '../../src/mail/outcome.ts';
import { createSpool, type OpenedSpool, type SpoolDeps } from '../../src/spool/disk-spool.ts';
import type { CommitResult, Spool } from '../../src/spool/spool.ts';

/** Segments are sealed as soon as they hold something, unless a test wants otherwise. */
export const SPOOL_SETTINGS: SpoolSettings = {
  segmentBytes: 1024 * 1024,
  segmentMs: 60_000,
  smallMessageBytes: 256 * 1024,
  memoryBytes: 16 * 1024 * 1024,
  minFreePercent: 0,
};

export const DELIVERED: FinalOutcome = { kind: 'delivered', folder: 'INBOX', reply: '250 2.0.0 ok' };

export function openSpool(
  folder: string,
  changes: Partial<Omit<SpoolDeps, 'settings'>> & { settings?: Partial<SpoolSettings> } = {},
): Promise<OpenedSpool> {
  const settings = { ...SPOOL_SETTINGS, ...changes.settings };
  return createSpool({ clock: systemClock, log: silentLog, ...changes, folder, settings });
}

export function recipientAddress(number: number): Address {
  const address = parseAddress(`user${number}@moh.example`);
  if (!address) throw new Error('no address');
  return address;
}

export function envelopeFor(id: MessageId, sizeBytes: number, recipients = 1): Envelope {
  return {
    id,
    door: 'submission',
    receivedAt: Date.now(),
    sender: recipientAddress(0),
    login: { userId: 'u0' as UserId, agencyId: 'moh' as AgencyId, address: recipientAddress(0) },
    client: { address: '192.0.2.9', helo: 'client.example', tls: null },
    recipients: Array.from({ length: recipients }, (_, number) => ({
      address: recipientAddress(number + 1),
      userId: `u${number + 1}` as UserId,
      agencyId: 'moh' as AgencyId,
    })),
    sizeBytes,
    messageIdHeader: '<1@client.example>',
    parent: null,
  };
}

/** Content of exactly `sizeBytes` that can be made again from the id: a torn or mixed-up one is told apart. */
export function contentOf(id: MessageId, sizeBytes: number): Buffer {
  const seed = createHash('sha256').update(id).digest();
  const content = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += seed.length) seed.copy(content, at);
  content.write(`Subject: ${id}\r\n\r\n`.slice(0, sizeBytes), 'latin1');
  return content;
}

export interface Stored {
  readonly id: MessageId;
  readonly result: CommitResult;
}

/** In pieces of 64 kB, waiting when asked to. */
export async function store(
  spool: Spool,
  sizeBytes: number,
  { recipients = 1, id = newMessageId(Date.now()) } = {},
): Promise<Stored> {
  const incoming = spool.begin(id);
  const content = contentOf(id, sizeBytes);
  for (let at = 0; at < sizeBytes; at += 65_536) await incoming.write(content.subarray(at, at + 65_536));
  return { id, result: await incoming.commit(envelopeFor(id, sizeBytes, recipients)) };
}

export async function contentIn(spool: Spool, id: MessageId): Promise<Buffer> {
  return collect(await spool.read(id));
}

export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
