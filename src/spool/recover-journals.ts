/** The journals of a spool at start: the union of what all writers noted, damage told, torn ends cut off. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Files } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import { type JournalEntry, parseJournal } from './journal-entry.ts';
import { JOURNAL_NAME, type Layout, WRITER } from './layout.ts';

export interface FoundJournals {
  /** Of all containers together: a message that moved has entries in two. */
  readonly entries: ReadonlyMap<MessageId, readonly JournalEntry[]>;
  /** By container: the messages that left it for a file of their own. */
  readonly moved: ReadonlyMap<string, ReadonlySet<MessageId>>;
  /** By container: whole octets of the journal that this process goes on with. */
  readonly ownBytes: ReadonlyMap<string, number>;
}

export async function readJournals(
  deps: { readonly layout: Layout; readonly files: Files; readonly log: Log },
  singleNames: readonly string[],
  segmentNames: readonly string[],
): Promise<FoundJournals> {
  const { layout, files, log } = deps;
  const entries = new Map<MessageId, JournalEntry[]>();
  const moved = new Map<string, Set<MessageId>>();
  const ownBytes = new Map<string, number>();
  const note = (container: string, entry: JournalEntry): void => {
    // Void is the record in this container, not the message.
    if (entry.kind === 'moved') getOrAdd(moved, container, () => new Set()).add(entry.id);
    else getOrAdd(entries, entry.id, () => []).push(entry);
  };

  const read = async (folder: string, name: string): Promise<void> => {
    const [, container, writer] = JOURNAL_NAME.exec(name) ?? [];
    if (container === undefined) return;
    const path = join(folder, name);
    const bytes = await readFile(path);
    const journal = parseJournal(bytes);
    for (const entry of journal.entries) note(container, entry);
    if (journal.damage.length > 0) {
      log.error(
        { path, damage: journal.damage },
        'journal lines cannot be read; what they noted may happen again',
      );
    }
    if (writer !== WRITER) return;
    ownBytes.set(container, journal.wholeBytes);
    if (journal.wholeBytes < bytes.length) {
      await cut(files, path, journal.wholeBytes).catch((error) =>
        log.error({ path, error: messageOf(error) }, 'an unfinished journal line could not be cut off'),
      );
    }
  };

  for (const name of singleNames) await read(layout.single.path, name);
  for (const name of segmentNames) await read(layout.segments.path, name);
  return { entries, moved, ownBytes };
}

/** What comes next is written at this place anyway; a shorter line must not leave the rest of a longer one. */
async function cut(files: Files, path: string, lengthBytes: number): Promise<void> {
  const file = await files.openForWriting(path);
  try {
    await file.truncate(lengthBytes);
  } finally {
    await file.close();
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
