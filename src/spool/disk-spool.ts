/**
 * The spool on a disk: puts the parts of this folder together. STATES.md tells what they promise each other.
 *
 * Owns the folder while it lives (a lock that dies with the process). Changes of a message are seen at once by this
 * process and resolve when they are with the kernel; a finished message is gone from the index before its file is.
 */
import type { SpoolSettings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { type CrashPoint, noCrash } from '../lib/crash-point.ts';
import { type Files, systemFiles } from '../lib/durable-file.ts';
import { lockFolder } from '../lib/folder-lock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import { createBodyCache } from './body-cache.ts';
import { createContainers } from './containers.ts';
import { createFreeSpace } from './free-space.ts';
import { createIncoming } from './incoming.ts';
import type { JournalEntry } from './journal-entry.ts';
import { openLayout } from './layout.ts';
import type { MessageIndex } from './message-index.ts';
import { applyEntry, hasRecipient, newMessage } from './message-state.ts';
import { runMover } from './mover.ts';
import { createParking } from './parking.ts';
import { createReader } from './reader.ts';
import { recover } from './recover.ts';
import { createSegmentWriter } from './segment-writer.ts';
import { createSingleWriter, type SingleWriter } from './single-writer.ts';
import type { Incoming, Spool, SpooledMessage } from './spool.ts';

const CACHE_BYTES = 32 * 1024 * 1024;

export interface SpoolDeps {
  readonly folder: string;
  readonly settings: SpoolSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests: where to die, and a file layer that records or fails. */
  readonly crashPoint?: CrashPoint;
  readonly files?: Files;
}

export interface OpenedSpool {
  readonly spool: Spool;
  /** What an earlier run accepted and did not finish, oldest first. */
  readonly recovered: readonly SpooledMessage[];
}

/** Throws a Problem when the folder cannot be used or has another owner. */
export async function createSpool(deps: SpoolDeps): Promise<OpenedSpool> {
  const { folder, settings, clock, log } = deps;
  const files = deps.files ?? systemFiles;
  const crash = deps.crashPoint ?? noCrash;
  await using opening = new AsyncDisposableStack();
  const layout = opening.use(await openLayout(folder, files));
  opening.use(lockFolder('spool', folder));

  const base = { files, clock, log, crash };
  const index: MessageIndex = new Map();
  const containers = createContainers({ ...base, segments: layout.segments, single: layout.single });
  const parking = createParking({ ...base, folder: layout.parked });
  const firstNumber = await recover({ ...base, layout, containers, parking, index });
  const recovered = [...index.values()].map((entry) => entry.message);

  const space = createFreeSpace({ ...base, path: folder, minFreePercent: settings.minFreePercent });
  const cache = createBodyCache(CACHE_BYTES);
  const segments = createSegmentWriter({
    ...base,
    ...settings,
    folder: layout.segments,
    firstNumber,
    containers,
  });
  const openSingle = (id: MessageId): SingleWriter =>
    createSingleWriter({ ...base, id, folder: layout.single });
  const read = createReader({ ...base, index, containers, cache, parking });

  const stopping = new AbortController();
  const mover = runMover({ ...base, containers, index, openSingle }, stopping.signal);
  const incoming = new Set<Incoming>();
  const collected = { bytes: 0 };
  const open = opening.move();

  const note = (id: MessageId, entry: JournalEntry): Promise<void> => {
    const found = index.get(id);
    if (!found) return Promise.resolve();
    const { container, bodyBytes } = found.place;
    const message = applyEntry(found.message, entry);
    const written = container.journal.append(entry);
    if (message) found.message = message;
    else {
      index.delete(id);
      cache.drop(id);
      void containers.leave(container, bodyBytes);
    }
    return written;
  };

  const begin = (id: MessageId): Incoming => {
    if (index.has(id)) throw new Error(`message ${id} is in the spool already`);
    const created = createIncoming(id, {
      ...settings,
      collected,
      segments,
      openSingle,
      containers,
      space,
      cache,
      add: (envelope, place) => void index.set(id, { message: newMessage(envelope), place }),
      ended: () => void incoming.delete(created),
    });
    incoming.add(created);
    return created;
  };

  const close = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([...incoming].map((each) => each.abort()));
    await mover;
    await segments[Symbol.asyncDispose]();
    await containers.settled();
    for (const { journal, path } of containers.all) {
      await journal
        .sync()
        .catch((error) => log.warn({ path, error: messageOf(error) }, 'journal was not synced'));
      journal.rest();
    }
    await open.disposeAsync();
  };
  let closed: Promise<void> | null = null;

  const spool: Spool = {
    begin,
    get: (id) => index.get(id)?.message,
    *list() {
      for (const entry of index.values()) yield entry.message;
    },
    read,
    refuse: (id) => note(id, { kind: 'refused', id }),
    setVerdict: (id, verdict) => note(id, { kind: 'verdict', id, verdict }),
    defer: (id, deferral) => note(id, { kind: 'deferred', id, deferral }),
    settle(id, recipient, outcome) {
      const message = index.get(id)?.message;
      if (message && !hasRecipient(message, recipient)) {
        return Promise.reject(new Error(`${recipient} is no recipient of ${id}`));
      }
      return note(id, { kind: 'settled', id, recipient, outcome });
    },
    get status() {
      return {
        messages: index.size,
        segments: [...containers.all].filter(({ form }) => form === 'segment').length,
        parked: parking.count,
        freePercent: space.freePercent,
        full: space.full,
      };
    },
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
  return { spool, recovered };
}
