/** Reads back the files of one message each. Part of `recover`. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../lib/clock.ts';
import type { Files } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Envelope } from '../mail/envelope.ts';
import { parseMessageId } from '../mail/message-id.ts';
import type { Containers } from './containers.ts';
import type { SpoolCrash } from './crash-points.ts';
import { inGroups } from './in-groups.ts';
import { JOURNAL_NAME, type Layout, SINGLE_NAME } from './layout.ts';
import type { MessageIndex, Place } from './message-index.ts';
import { entriesOf, replay } from './message-state.ts';
import type { Parking } from './parking.ts';
import { readTrailer } from './read-trailer.ts';
import type { FoundJournals } from './recover-journals.ts';
import type { SpooledMessage } from './spool.ts';

export interface RecoverDeps {
  readonly layout: Layout;
  readonly containers: Containers;
  readonly parking: Parking;
  readonly index: MessageIndex;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly crash: SpoolCrash;
}

export interface FoundMessage {
  readonly message: SpooledMessage;
  readonly place: Place;
}

/** Null: it is finished, or found already. */
export type Add = (envelope: Envelope, place: Place) => FoundMessage | null;

/** False: what segments' journals say of these messages could not be brought into their own. */
export async function recoverSingles(
  deps: RecoverDeps,
  names: readonly string[],
  journals: FoundJournals,
  add: Add,
): Promise<boolean> {
  let joined = true;
  await inGroups(names, async (name) => {
    const found = await recoverSingle(deps, name, journals, add);
    if (!found) return;
    try {
      await joinJournals(deps, found, journals);
    } catch (error) {
      const { id } = found.message.envelope;
      deps.log.error({ id, error: messageOf(error) }, 'the state of a message could not be noted beside it');
      joined = false;
    }
  });
  return joined;
}

/**
 * What was noted during a move that a crash cut short lies in the journal of the segment alone; it must not go with it.
 */
async function joinJournals(
  { containers, crash }: RecoverDeps,
  found: FoundMessage,
  journals: FoundJournals,
): Promise<void> {
  const { message, place } = found;
  const { id } = message.envelope;
  if (!journals.inSegments.has(id)) return;
  if (isDeepStrictEqual(message, replay(message.envelope, journals.inSingles.get(id) ?? []))) return;
  for (const entry of entriesOf(message)) void place.container.journal.append(entry);
  await containers.syncJournal(place.container);
  crash('state-joined');
}

async function recoverSingle(
  deps: RecoverDeps,
  name: string,
  journals: FoundJournals,
  add: Add,
): Promise<FoundMessage | null> {
  const { layout, files, log, parking } = deps;
  const path = join(layout.single.path, name);
  if (name.endsWith('.tmp')) {
    log.info({ path }, 'removed the beginning of a message that never was accepted');
    await files.unlink(path);
    return null;
  }
  const id = parseMessageId(SINGLE_NAME.exec(name)?.[1] ?? '');
  if (id === null) {
    warnOfStranger(deps, path, name);
    return null;
  }
  const result = await readTrailer(files, path);
  if (result.kind === 'bad' || result.envelope.id !== id) {
    const reason = result.kind === 'bad' ? result.reason : `holds message ${result.envelope.id}`;
    const entries = [...(journals.inSegments.get(id) ?? []), ...(journals.inSingles.get(id) ?? [])];
    await parking
      .move(path, name, reason, { entries })
      .catch((error) =>
        log.error({ path, error: messageOf(error) }, 'a damaged message could not be parked'),
      );
    return null;
  }
  const journalBytes = journals.ownBytes.get(id) ?? 0;
  const container = deps.containers.open('single', id, { bytes: result.fileBytes, journalBytes });
  const { envelopeBytes, bodyBytes, bodyCrc } = result.head;
  return add(result.envelope, { container, offset: 0, envelopeBytes, bodyBytes, bodyCrc });
}

function warnOfStranger({ log }: RecoverDeps, path: string, name: string): void {
  if (!JOURNAL_NAME.test(name))
    log.warn({ path }, 'this file does not belong into the spool; it was left alone');
}
