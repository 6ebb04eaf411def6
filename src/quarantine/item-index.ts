/**
 * What is in the folder, held in memory: some hundred octets an item instead of its facts, so that lists of a hundred
 * thousand items need neither the memory nor the time of reading them. The folder stays the truth: each question looks at
 * its names and at the marks of its facts (inode and time), and reads those alone that are new or were replaced.
 */
import { readdir, stat } from 'node:fs/promises';
import { shared } from '../lib/durable-file.ts';
import { lastKeptFirst } from './entry.ts';
import type { KeptEntry } from './quarantine.ts';

export interface ItemIndexDeps {
  readonly folder: string;
  readonly isItem: (name: string) => boolean;
  readonly factsPath: (name: string) => string;
  /** Null: it is gone, or cannot be understood; the latter is reported there. */
  readonly read: (name: string) => Promise<KeptEntry | null>;
}

interface Known {
  /** Null: there are no facts. */
  readonly mark: string | null;
  readonly entry: KeptEntry | null;
}

/** Files looked at together. */
const AT_ONCE = 64;

/** As the folder was at a moment after the call, last kept first. */
export function createItemIndex(deps: ItemIndexDeps): () => Promise<readonly KeptEntry[]> {
  const { folder, isItem, factsPath, read } = deps;
  let known = new Map<string, Known>();
  let entries: readonly KeptEntry[] = [];

  async function look(name: string): Promise<Known> {
    const found = await stat(factsPath(name), { bigint: true }).catch(() => null);
    const mark = found && `${found.ino}.${found.mtimeNs}`;
    const before = known.get(name);
    // The mark is taken before the facts are read: what replaces them meanwhile has another one next time.
    return before?.mark === mark ? before : { mark, entry: await read(name) };
  }

  const refresh = shared(async () => {
    const names = (await readdir(folder)).filter(isItem);
    const next = new Map<string, Known>();
    let changed = names.length !== known.size;
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const group = names.slice(at, at + AT_ONCE);
      for (const [index, one] of (await Promise.all(group.map(look))).entries()) {
        const name = group[index] ?? '';
        changed ||= known.get(name) !== one;
        next.set(name, one);
      }
    }
    known = next;
    if (changed) entries = [...next.values()].flatMap(({ entry }) => entry ?? []).sort(lastKeptFirst);
  });

  return async () => {
    await refresh();
    return entries;
  };
}
