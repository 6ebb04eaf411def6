/**
 * Messages on their way in: each is collected in memory while it is small, and moved into a file of its own when it
 * outgrows that, or when all the messages being collected hold as much memory as they may.
 */
import type { Clock } from '../lib/clock.ts';
import type { Envelope } from '../mail/envelope.ts';
import { encodeEnvelope } from '../mail/json.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { BodyCache } from './body-cache.ts';
import { createChunks } from './chunks.ts';
import type { Containers } from './containers.ts';
import type { FreeSpace } from './free-space.ts';
import { addToIndex, type MessageIndex, type Place } from './message-index.ts';
import { newMessage } from './message-state.ts';
import { encodeRecord } from './record.ts';
import type { SegmentWriter } from './segment-writer.ts';
import type { SingleWriter } from './single-writer.ts';
import type { CommitResult, Incoming } from './spool.ts';

export interface IntakeDeps {
  readonly smallMessageBytes: number;
  readonly memoryBytes: number;
  readonly index: MessageIndex;
  readonly segments: SegmentWriter;
  readonly openSingle: (id: MessageId) => SingleWriter;
  readonly containers: Containers;
  readonly space: FreeSpace;
  readonly cache: BodyCache;
  readonly clock: Clock;
}

export interface Intake {
  begin(id: MessageId): Incoming;
  /** Gives up what is still coming in, and waits for what is being committed. */
  abortAll(): Promise<void>;
}

export function createIntake(deps: IntakeDeps): Intake {
  const open = new Set<Incoming>();
  const collected = { bytes: 0 };
  return {
    begin(id) {
      if (deps.index.has(id)) throw new Error(`message ${id} is in the spool already`);
      const ended = (): void => void open.delete(incoming);
      const incoming = createIncoming(id, { ...deps, collected, ended });
      open.add(incoming);
      return incoming;
    },
    async abortAll() {
      await Promise.all([...open].map((incoming) => incoming.abort()));
    },
  };
}

interface IncomingDeps extends IntakeDeps {
  /** Octets of all messages being collected, shared by them. */
  readonly collected: { bytes: number };
  /** Called once, when the message is in or given up. */
  readonly ended: () => void;
}

function createIncoming(id: MessageId, deps: IncomingDeps): Incoming {
  const { collected, cache, space, clock } = deps;
  const add = (envelope: Envelope, place: Place): void =>
    void addToIndex(deps.index, newMessage(envelope), place, clock.elapsedMs());
  const chunks = createChunks();
  let single: SingleWriter | null = null;
  let receivedBytes = 0;
  let result: Promise<CommitResult> | null = null;
  let ended = false;

  const release = (): void => {
    collected.bytes -= chunks.bytes;
    chunks.take();
  };

  const collect = (chunk: Buffer): Promise<void> | undefined => {
    chunks.add(chunk);
    collected.bytes += chunk.length;
    if (chunks.bytes <= deps.smallMessageBytes && collected.bytes <= deps.memoryBytes) return undefined;
    const opened = deps.openSingle(id);
    single = opened;
    collected.bytes -= chunks.bytes;
    let wait: Promise<void> | undefined;
    for (const taken of chunks.take()) wait = opened.write(taken);
    return wait;
  };

  const commit = async (envelope: Envelope): Promise<CommitResult> => {
    if (space.full) {
      await single?.abort();
      release();
      return { kind: 'full' };
    }
    const stored = single ? await commitSingle(single, envelope) : await commitSmall(envelope);
    if (stored.kind === 'full') space.noteFull();
    return stored;
  };

  const commitSmall = async (envelope: Envelope): Promise<CommitResult> => {
    const bytes = chunks.bytes;
    const body = { bytes, crc: chunks.crc, chunks: chunks.take() };
    const json = encodeEnvelope(envelope);
    const stored = await deps.segments.append(encodeRecord(json, body));
    collected.bytes -= bytes;
    if (stored.kind !== 'stored') return stored;
    const { container, offset } = stored;
    add(envelope, { container, offset, envelopeBytes: json.length, bodyBytes: bytes, bodyCrc: body.crc });
    cache.put(id, body.chunks, bytes);
    return { kind: 'stored' };
  };

  const commitSingle = async (writer: SingleWriter, envelope: Envelope): Promise<CommitResult> => {
    const json = encodeEnvelope(envelope);
    const stored = await writer.finish(json);
    if (stored.kind !== 'stored') return stored;
    const { bytes, bodyBytes, bodyCrc } = stored;
    const container = deps.containers.open('single', id, { bytes, journalBytes: 0 });
    deps.containers.enter(container);
    add(envelope, { container, offset: 0, envelopeBytes: json.length, bodyBytes, bodyCrc });
    void deps.containers.seal(container);
    return { kind: 'stored' };
  };

  const fits = (envelope: Envelope): boolean => envelope.id === id && envelope.sizeBytes === receivedBytes;

  const misfit = async (envelope: Envelope): Promise<never> => {
    release();
    await single?.abort();
    const given = `${envelope.id}, ${envelope.sizeBytes} octets`;
    throw new Error(`the envelope (${given}) is not that of the content (${id}, ${receivedBytes} octets)`);
  };

  return {
    write(chunk) {
      if (ended) return undefined;
      receivedBytes += chunk.length;
      return single ? single.write(chunk) : collect(chunk);
    },
    commit(envelope) {
      if (ended) return result ?? Promise.resolve({ kind: 'failed' });
      ended = true;
      result = (fits(envelope) ? commit(envelope) : misfit(envelope)).finally(deps.ended);
      return result;
    },
    async abort() {
      if (ended) return void (await result?.catch(() => {}));
      ended = true;
      release();
      await single?.abort();
      deps.ended();
    },
  };
}
