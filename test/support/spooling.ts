/** Opens spools of the real kind and puts messages through them: for the tests of the spool itself. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { SpoolSettings } from '../../src/config/settings.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Address } from '../../src/mail/address.ts';
import type { Envelope } from '../../src/mail/envelope.ts';
import { type MessageId, newMessageId } from '../../src/mail/message-id.ts';
import type { FinalOutcome } from '../../src/mail/outcome.ts';
import { createSpool, type OpenedSpool, type SpoolDeps } from '../../src/spool/disk-spool.ts';
import type { CommitResult, Spool } from '../../src/spool/spool.ts';
import { address, envelope, submittedBy } from './messages.ts';

/** Small segments on any disk, unless a test wants otherwise. */
const SPOOL_SETTINGS: SpoolSettings = {
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

/** A clock whose minutes pass in a millisecond, so that segments age and messages move. */
export const fastClock: Clock = {
  now: Date.now,
  elapsedMs: () => performance.now() * 60_000,
  sleep: (_, signal) => systemClock.sleep(5, signal),
};

export function recipientAddress(number: number): Address {
  return address(`user${number}@moh.example`);
}

/** Recipients are `recipientAddress(1)` and following. */
export function envelopeFor(id: MessageId, sizeBytes: number, recipients = 1): Envelope {
  const to = Array.from({ length: recipients }, (_, number) => recipientAddress(number + 1));
  return envelope(to, { length: sizeBytes }, { ...submittedBy(recipientAddress(0)), id });
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
