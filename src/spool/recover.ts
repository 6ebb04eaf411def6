/**
 * Reads the spool back at start. What it finds is brought into one of the legal states of STATES.md: leftovers of
 * writes that nobody was told of go, damage is parked, finished containers go, the rest is the index. Every step may
 * be interrupted and done again.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BadField } from '../lib/fields.ts';
import { messageOf } from '../lib/problem.ts';
import type { Envelope } from '../mail/envelope.ts';
import { parseEnvelope } from '../mail/json.ts';
import type { Container } from './containers.ts';
import { JOURNAL_NAME, SEGMENT_NAME, SINGLE_NAME } from './layout.ts';
import { addToIndex, type Place } from './message-index.ts';
import { replay } from './message-state.ts';
import { type FoundJournals, readJournals } from './recover-journals.ts';
import { type Add, type FoundMessage, type RecoverDeps, recoverSingles } from './recover-singles.ts';
import { type Found, scanSegment } from './scan-segment.ts';

/** Fills the index; resolves with the number of the next segment. */
export async function recover(deps: RecoverDeps): Promise<number> {
  const { layout, index, log, clock, crash } = deps;
  const startedMs = clock.elapsedMs();
  const singleNames = await readdir(layout.single.path);
  const segmentNames = (await readdir(layout.segments.path)).sort();
  const journals = await readJournals(deps, singleNames, segmentNames);

  // Files of their own first: where a crash left a message in both places, this one is the newer.
  const found: FoundMessage[] = [];
  const known = new Set<string>();
  const add = (envelope: Envelope, place: Place): FoundMessage | null => {
    const { id } = envelope;
    // A crash came before the move was noted; without the note a later start would take this copy for the message.
    if (known.has(id)) {
      void place.container.journal.append({ kind: 'moved', id });
      return null;
    }
    known.add(id);
    const entries = [...(journals.inSegments.get(id) ?? []), ...(journals.inSingles.get(id) ?? [])];
    const message = replay(envelope, entries);
    if (!message) return null;
    deps.containers.enter(place.container);
    const added = { message, place };
    found.push(added);
    return added;
  };
  const joined = await recoverSingles(deps, singleNames, journals, add);
  const numbers = segmentNames.filter((name) => SEGMENT_NAME.test(name));
  for (const name of numbers) await recoverSegment(deps, name, name === numbers.at(-1), journals, add);

  found.sort((a, b) => a.message.envelope.receivedAt - b.message.envelope.receivedAt);
  for (const { message, place } of found) addToIndex(index, message, place, clock.elapsedMs());
  for (const container of [...deps.containers.all]) {
    // What is noted there of messages in files of their own is noted nowhere else.
    if (!joined && container.form === 'segment') deps.containers.enter(container);
    await deps.containers.seal(container);
  }
  await removeOrphanJournals(deps, [...singleNames, ...segmentNames]);
  crash('recovered');
  const facts = { messages: index.size, tookMs: Math.round(clock.elapsedMs() - startedMs) };
  if (singleNames.length + segmentNames.length > 0) log.info(facts, 'spool read back');
  return 1 + Math.max(0, ...segmentNames.map((name) => Number(name.slice(0, 12)) || 0));
}

async function recoverSegment(
  deps: RecoverDeps,
  name: string,
  last: boolean,
  journals: FoundJournals,
  add: Add,
): Promise<void> {
  const path = join(deps.layout.segments.path, name);
  const bytes = await readFile(path);
  const number = name.slice(0, 12);
  const journalBytes = journals.ownBytes.get(number) ?? 0;
  const container = deps.containers.open('segment', number, { bytes: bytes.length, journalBytes });
  const moved = journals.moved.get(number);
  for (const found of scanSegment(bytes)) {
    if (found.kind === 'torn' && last) await cut(deps, path, found);
    else if (found.kind !== 'record') await park(deps, container, bytes, found);
    else {
      const envelope = envelopeOf(found.envelopeJson);
      const { from: offset, head } = found;
      const { envelopeBytes, bodyBytes, bodyCrc } = head;
      if (typeof envelope === 'string') {
        await park(deps, container, bytes, { kind: 'damage', from: offset, to: found.to, reason: envelope });
      } else if (!moved?.has(envelope.id)) {
        add(envelope, { container, offset, envelopeBytes, bodyBytes, bodyCrc });
      }
    }
  }
}

/** The reason, when its checksum is right but it is no envelope that we know. */
function envelopeOf(json: Buffer): Envelope | string {
  try {
    return parseEnvelope(json);
  } catch (error) {
    if (error instanceof BadField) return `the envelope cannot be read: ${error.message}`;
    throw error;
  }
}

/** The write that the crash cut short: its sync never returned, so nobody was told that it is stored. */
async function cut({ files, log, crash }: RecoverDeps, path: string, torn: Found): Promise<void> {
  log.info({ path, from: torn.from, bytes: torn.to - torn.from }, 'cut off an unfinished write');
  crash('tail-found');
  const file = await files.openForWriting(path);
  try {
    await file.truncate(torn.from);
    await file.sync();
  } catch (error) {
    log.error({ path, error: messageOf(error) }, 'an unfinished write could not be cut off');
  } finally {
    await file.close();
  }
}

async function park(
  { parking, containers, log }: RecoverDeps,
  container: Container,
  bytes: Buffer,
  found: Exclude<Found, { kind: 'record' }>,
): Promise<void> {
  const { from, to } = found;
  const reason = found.kind === 'damage' ? found.reason : 'ends in the middle of a record';
  const facts = { segment: container.path, from, to };
  try {
    await parking.copy(`${container.name}-${from}`, bytes.subarray(from, to), reason, facts);
  } catch (error) {
    // Without a copy the segment itself must stay.
    containers.enter(container);
    log.error({ ...facts, error: messageOf(error) }, 'damage in the spool could not be parked');
  }
}

/** A crash between the removal of a container and that of its journals. */
async function removeOrphanJournals({ layout, files }: RecoverDeps, names: readonly string[]): Promise<void> {
  const containers = new Set(names.map((name) => name.slice(0, name.lastIndexOf('.'))));
  for (const name of names) {
    const container = JOURNAL_NAME.exec(name)?.[1];
    if (container === undefined || containers.has(container)) continue;
    const folder = SINGLE_NAME.test(`${container}.msg`) ? layout.single : layout.segments;
    await files.unlink(join(folder.path, name));
  }
}
