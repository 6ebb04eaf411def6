/**
 * Gives waiting messages a file of their own, so that segments hold what is in flight and go after seconds, not days.
 *
 * Which: those in a sealed segment that an operator holds or whose next try is more than 30 s away, and of which
 * nothing was noted for 5 s. What is due sooner is about to finish and is not copied. So is what is being delivered:
 * an attempt notes the time of the next one before it begins, and most attempts take less than 5 s.
 *
 * How many: at most 100 a second, those of the emptiest segment first, where each copy frees the most. Of a few full
 * mailboxes nothing is left in segments 6 s after the last note. A mailbox server that is away for a minute costs some
 * thousand copies at worst, however much mail waits for it, and 10,000 waiting messages lie in files of their own
 * after three minutes. That bound is on purpose: a move takes 0.8 ms of processor time and four syncs (those of moves at
 * once are shared in part), and a message alone costs more than one among others when it is noted, removed or read
 * back at a start (0.15 ms against 0.05 ms).
 *
 * The order keeps every crash harmless: the journal of the new file and the file itself are synced, then the old
 * journal notes `moved` and is synced, and only then does the message count at its new place.
 */
import type { Clock } from '../lib/clock.ts';
import type { Files } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { encodeEnvelope } from '../mail/json.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Container, Containers } from './containers.ts';
import type { SpoolCrash } from './crash-points.ts';
import type { IndexEntry, MessageIndex } from './message-index.ts';
import { entriesOf } from './message-state.ts';
import { contentPlace, DamagedMessage, readBody } from './read-message.ts';
import type { SingleWriter } from './single-writer.ts';
import { dueAt, type SpooledMessage } from './spool.ts';

export interface MoverPace {
  /** Between two looks at the segments. */
  readonly sweepMs: number;
  /** So long nothing was noted of a message that is moved. */
  readonly quietMs: number;
  /** Its next try is at least so far away. */
  readonly farMs: number;
  /** Moves in one sweep. */
  readonly most: number;
  /** After a move failed: a disk that is full or broken is not asked each second. */
  readonly afterFailureMs: number;
}

const PACE: MoverPace = { sweepMs: 1000, quietMs: 5000, farMs: 30_000, most: 100, afterFailureMs: 30_000 };
/** Moves at once: they share the syncs of the folder and of their old journal. */
const AT_ONCE = 10;
const UNSURE = 'the journal of a moved message could not be synced; a crash now would repeat work';

export interface MoverDeps {
  readonly containers: Containers;
  readonly index: MessageIndex;
  readonly openSingle: (id: MessageId) => SingleWriter;
  /** For a message whose content is damaged. */
  readonly park: (entry: IndexEntry) => Promise<void>;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly crash: SpoolCrash;
  readonly pace?: Partial<MoverPace>;
}

/** Sweeps until the signal is aborted; resolves when the last sweep has ended. */
export async function runMover(deps: MoverDeps, signal: AbortSignal): Promise<void> {
  const pace = { ...PACE, ...deps.pace };
  let pauseMs = pace.sweepMs;
  for (;;) {
    await deps.clock.sleep(pauseMs, signal);
    if (signal.aborted) return;
    const well = await sweep(deps, waiting(deps, pace), signal);
    pauseMs = well ? pace.sweepMs : pace.afterFailureMs;
  }
}

/** False: a move failed. */
async function sweep(deps: MoverDeps, entries: IndexEntry[], signal: AbortSignal): Promise<boolean> {
  let well = true;
  while (entries.length > 0 && well && !signal.aborted) {
    const results = await Promise.all(entries.splice(0, AT_ONCE).map((entry) => tryMove(deps, entry)));
    well = !results.includes(false);
  }
  return well;
}

function waiting({ containers, index, clock }: MoverDeps, pace: MoverPace): IndexEntry[] {
  const now = clock.now();
  const nowMs = clock.elapsedMs();
  const segments = [...containers.all].filter(({ form, sealed }) => form === 'segment' && sealed);
  const found: IndexEntry[] = [];
  for (const { messages } of segments.sort((a, b) => a.messages.size - b.messages.size)) {
    for (const id of messages) {
      const entry = index.get(id);
      if (!entry || nowMs - entry.notedAtMs < pace.quietMs) continue;
      if (entry.message.held || dueAt(entry.message) - now > pace.farMs) found.push(entry);
      if (found.length === pace.most) return found;
    }
  }
  return found;
}

/** False: it stays where it is, as safe as before; a later sweep tries again. */
async function tryMove(deps: MoverDeps, entry: IndexEntry): Promise<boolean> {
  const { id } = entry.message.envelope;
  if (deps.index.get(id) !== entry) return true;
  const failed = (error: unknown): false => {
    const text = 'a waiting message could not be moved out of its segment';
    deps.log.warn({ id, error: messageOf(error) }, text);
    return false;
  };
  const moving = Promise.withResolvers<void>();
  entry.moving = moving.promise;
  try {
    await move(deps, entry);
    return true;
  } catch (error) {
    if (error instanceof DamagedMessage) return await deps.park(entry).then(() => true, failed);
    return failed(error);
  } finally {
    entry.moving = null;
    moving.resolve();
  }
}

async function move(deps: MoverDeps, entry: IndexEntry): Promise<void> {
  const { containers, crash, log } = deps;
  const old = entry.place;
  const snapshot = entry.message;
  const { id } = snapshot.envelope;
  const body = await readBody(deps.files, contentPlace(old));
  const container = containers.open('single', id);
  containers.enter(container);
  try {
    for (const note of entriesOf(snapshot)) void container.journal.append(note);
    await container.journal.sync();
    await write(deps, container, snapshot.envelope, body);
  } catch (error) {
    void containers.leave(container, id);
    void containers.seal(container);
    throw error;
  }
  crash('move-synced');
  // NOTE: from here on there is no way back: the note may be on the disk even when its sync fails.
  void old.container.journal.append({ kind: 'moved', id });
  await old.container.journal.sync().catch((error) => log.error({ id, error: messageOf(error) }, UNSURE));
  crash('move-noted');
  if (deps.index.get(id) === entry) await settleAt(deps, entry, container, snapshot);
  // Finished meanwhile: it has left its old container already.
  else void containers.leave(container, id);
  void containers.seal(container);
}

/** The message counts at its new place. */
async function settleAt(
  { containers, log }: MoverDeps,
  entry: IndexEntry,
  container: Container,
  snapshot: SpooledMessage,
): Promise<void> {
  const old = entry.place;
  const { id } = snapshot.envelope;
  entry.place = { ...old, container, offset: 0 };
  old.container.messages.delete(id);
  container.messages.add(id);
  if (entry.message !== snapshot) {
    // What was noted meanwhile went into the old journal, which stays if it cannot be had in the new one.
    for (const note of entriesOf(entry.message)) void container.journal.append(note);
    try {
      await container.journal.sync();
    } catch (error) {
      return log.error({ id, error: messageOf(error) }, UNSURE);
    }
  }
  void containers.leave(old.container, id);
}

async function write(
  deps: MoverDeps,
  container: Container,
  envelope: SpooledMessage['envelope'],
  body: Buffer,
): Promise<void> {
  const writer = deps.openSingle(envelope.id);
  await writer.write(body);
  const result = await writer.finish(encodeEnvelope(envelope));
  if (result.kind !== 'stored') throw new Error(`disk ${result.kind}`);
  container.bytes = result.bytes;
}
