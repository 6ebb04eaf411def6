/** The journals of a spool at start: the union of what all writers noted, damage told, unfinished lines left out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import { inGroups } from './in-groups.ts';
import { type JournalEntry, parseJournal } from './journal-entry.ts';
import { JOURNAL_NAME, type Layout, WRITER } from './layout.ts';

type Entries = ReadonlyMap<MessageId, readonly JournalEntry[]>;

export interface FoundJournals {
  /** Of segments and of files of their own: a message that moved has entries in both, the older ones in its segment's. */
  readonly inSegments: Entries;
  readonly inSingles: Entries;
  /** By container: the messages that left it for a file of their own. */
  readonly moved: ReadonlyMap<string, ReadonlySet<MessageId>>;
  /** By container: whole octets of the journal that this process goes on with. */
  readonly ownBytes: ReadonlyMap<string, number>;
}

export async function readJournals(
  deps: { readonly layout: Layout; readonly log: Log },
  singleNames: readonly string[],
  segmentNames: readonly string[],
): Promise<FoundJournals> {
  const { layout, log } = deps;
  const inSegments = new Map<MessageId, JournalEntry[]>();
  const inSingles = new Map<MessageId, JournalEntry[]>();
  const moved = new Map<string, Set<MessageId>>();
  const ownBytes = new Map<string, number>();
  const read = async (
    folder: string,
    name: string,
    entries: Map<MessageId, JournalEntry[]>,
  ): Promise<void> => {
    const [, container, writer] = JOURNAL_NAME.exec(name) ?? [];
    if (container === undefined) return;
    const path = join(folder, name);
    const bytes = await readFile(path);
    const journal = parseJournal(bytes);
    for (const entry of journal.entries) {
      // Void is the record in this container, not the message.
      if (entry.kind === 'moved') getOrAdd(moved, container, () => new Set()).add(entry.id);
      else getOrAdd(entries, entry.id, () => []).push(entry);
    }
    if (journal.damage.length > 0) {
      log.error(
        { path, damage: journal.damage },
        'journal lines cannot be read; what they noted may happen again',
      );
    }
    // An unfinished line behind these octets is written over by the next one.
    if (writer === WRITER) ownBytes.set(container, journal.wholeBytes);
  };

  await inGroups(singleNames, (name) => read(layout.single.path, name, inSingles));
  for (const name of segmentNames) await read(layout.segments.path, name, inSegments);
  return { inSegments, inSingles, moved, ownBytes };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
