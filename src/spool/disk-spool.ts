/**
 * The spool on a disk: puts the parts of this folder together. STATES.md tells what they promise each other.
 *
 * Owns the folder while it lives (a lock that dies with the process). Changes of a message are seen at once by this
 * process and resolve when they are with the kernel (a hold: on the disk); a finished message is gone from the index
 * before its file is.
 */
import type { SpoolSettings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { type CrashPoint, noCrash } from '../lib/crash-point.ts';
import { type Files, systemFiles } from '../lib/durable-file.ts';
import { lockFolder } from '../lib/folder-lock.ts';
import type { Log } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import { createBodyCache } from './body-cache.ts';
import { createChanges } from './changes.ts';
import { createContainers } from './containers.ts';
import { createFreeSpace } from './free-space.ts';
import { createIntake } from './incoming.ts';
import { openLayout } from './layout.ts';
import type { MessageIndex } from './message-index.ts';
import { type MoverPace, runMover } from './mover.ts';
import { createParking } from './parking.ts';
import { contentPlace } from './read-message.ts';
import { createReader } from './reader.ts';
import { recover } from './recover.ts';
import { createSegmentWriter } from './segment-writer.ts';
import { createSingleWriter, type SingleWriter } from './single-writer.ts';
import type { Spool, SpooledMessage } from './spool.ts';

const CACHE_BYTES = 32 * 1024 * 1024;

export interface SpoolDeps {
  readonly folder: string;
  readonly settings: SpoolSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests: where to die, and a file layer that records or fails. */
  readonly crashPoint?: CrashPoint;
  readonly files?: Files;
  readonly moverPace?: Partial<MoverPace>;
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

  const space = createFreeSpace({ ...base, path: folder, settings });
  const parts = { ...base, index, containers, cache: createBodyCache(CACHE_BYTES) };
  const segments = createSegmentWriter({ ...parts, ...settings, folder: layout.segments, firstNumber });
  const openSingle = (id: MessageId): SingleWriter =>
    createSingleWriter({ ...base, id, folder: layout.single });

  const intake = createIntake({ ...parts, ...settings, segments, openSingle, space });
  const { park, ...reader } = createReader({ ...parts, parking });

  const stopping = new AbortController();
  const pace = deps.moverPace ?? {};
  const mover = runMover({ ...parts, openSingle, park, pace }, stopping.signal);
  const open = opening.move();
  const close = async (): Promise<void> => {
    stopping.abort();
    await intake.abortAll();
    await mover;
    await segments[Symbol.asyncDispose]();
    await containers.close();
    await open.disposeAsync();
  };
  let closed: Promise<void> | null = null;

  const spool: Spool = {
    begin: intake.begin,
    get: (id) => index.get(id)?.message,
    *list() {
      for (const entry of index.values()) yield entry.message;
    },
    ...reader,
    ...createChanges(parts),
    place(id) {
      const entry = index.get(id);
      return entry && contentPlace(entry.place);
    },
    get status() {
      const { freePercent, full } = space;
      const count = [...containers.all].filter(({ form }) => form === 'segment').length;
      return { messages: index.size, segments: count, parked: parking.count, freePercent, full };
    },
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
  return { spool, recovered };
}
