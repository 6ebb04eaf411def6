/**
 * Gives long-waiting messages a file of their own, so that segments hold what is in flight and go after seconds, not
 * days. A sealed segment is emptied this way once it has rested a while and less than half of it is still needed;
 * one that is needed as a whole (a mailbox server that is down) stays as it is.
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
import { readBody } from './read-message.ts';
import type { SingleWriter } from './single-writer.ts';

const SWEEP_MS = 30_000;
const REST_MS = 60_000;
const UNSURE = 'the journal of a moved message could not be synced; a crash now would repeat work';

export interface MoverDeps {
  readonly containers: Containers;
  readonly index: MessageIndex;
  readonly openSingle: (id: MessageId) => SingleWriter;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly crash: SpoolCrash;
}

/** Sweeps until the signal is aborted; resolves when the last sweep has ended. */
export async function runMover(deps: MoverDeps, signal: AbortSignal): Promise<void> {
  for (;;) {
    await deps.clock.sleep(SWEEP_MS, signal);
    if (signal.aborted) return;
    for (const container of [...deps.containers.all]) {
      if (isSparse(container, deps.clock)) await empty(deps, container, signal);
    }
  }
}

function isSparse({ form, sealedAtMs, live, liveBytes, bytes }: Container, clock: Clock): boolean {
  const rested = sealedAtMs !== null && clock.elapsedMs() - sealedAtMs >= REST_MS;
  return form === 'segment' && rested && live > 0 && liveBytes * 2 < bytes;
}

async function empty(deps: MoverDeps, container: Container, signal: AbortSignal): Promise<void> {
  for (const entry of [...deps.index.values()]) {
    if (signal.aborted) return;
    if (entry.place.container !== container) continue;
    try {
      await move(deps, entry);
    } catch (error) {
      // It stays where it is, as safe as before; the next sweep tries again.
      const id = entry.message.envelope.id;
      deps.log.warn(
        { id, error: messageOf(error) },
        'a waiting message could not be moved out of its segment',
      );
      return;
    }
  }
}

async function move(deps: MoverDeps, entry: IndexEntry): Promise<void> {
  const { containers, index, crash } = deps;
  const old = entry.place;
  const snapshot = entry.message;
  const { id } = snapshot.envelope;
  const body = await readBody(deps.files, old);
  const container = containers.open('single', id);
  containers.enter(container, old.bodyBytes);
  try {
    for (const note of entriesOf(snapshot)) void container.journal.append(note);
    await container.journal.sync();
    await write(deps, container, snapshot.envelope, body);
  } catch (error) {
    void containers.leave(container, old.bodyBytes);
    void containers.seal(container);
    throw error;
  }
  crash('move-synced');
  // NOTE: from here on there is no way back: the note may be on the disk even when its sync fails.
  void old.container.journal.append({ kind: 'moved', id });
  await old.container.journal
    .sync()
    .catch((error) => deps.log.error({ id, error: messageOf(error) }, UNSURE));
  crash('move-noted');
  if (index.get(id) === entry) {
    entry.place = { ...old, container, offset: 0 };
    // What was noted meanwhile went into the old journal.
    if (entry.message !== snapshot)
      for (const note of entriesOf(entry.message)) void container.journal.append(note);
    await container.journal.sync().catch((error) => deps.log.error({ id, error: messageOf(error) }, UNSURE));
    void containers.leave(old.container, old.bodyBytes);
  } else {
    // Finished meanwhile: it has left its old container already.
    void containers.leave(container, old.bodyBytes);
  }
  void containers.seal(container);
}

async function write(
  deps: MoverDeps,
  container: Container,
  envelope: IndexEntry['message']['envelope'],
  body: Buffer,
): Promise<void> {
  const writer = deps.openSingle(envelope.id);
  await writer.write(body);
  const result = await writer.finish(encodeEnvelope(envelope));
  if (result.kind !== 'stored') throw new Error(`disk ${result.kind}`);
  container.bytes = result.bytes;
}
