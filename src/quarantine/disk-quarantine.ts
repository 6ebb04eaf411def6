/**
 * The quarantine as folders: `<message id>/message.eml` and `<message id>/facts.json`, for their owner alone.
 *
 * - An item appears whole: written under a name that starts with a dot, synced, renamed, the parent synced. What a
 *   crash leaves under such a name is removed at the next start; nobody was told that it was kept.
 * - An item that cannot be understood is reported and left where it is; only `expire` deletes, and only what it understands.
 * - One process owns the folder.
 */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { type Folder, systemFiles, writeAll, writeFileDurably } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { errorCode, messageOf } from '../lib/problem.ts';
import { type MessageId, parseMessageId } from '../mail/message-id.ts';
import { readFacts, writeFacts } from './facts.ts';
import type { NewItem, Quarantine, QuarantineItem } from './quarantine.ts';

const CONTENT = 'message.eml';
const FACTS = 'facts.json';
/** In front of the names of items that are not there yet, or no longer. */
const HIDDEN = '.';

export interface DiskQuarantineDeps {
  /** Absolute; made when it is not there. */
  readonly folder: string;
  readonly settings: { readonly keepMs: number; readonly keepUndeliverableMs: number };
  readonly clock: Clock;
  readonly log: Log;
}

export async function createQuarantine(deps: DiskQuarantineDeps): Promise<Quarantine> {
  const { folder, clock, log } = deps;
  const parent = await systemFiles.openFolder(folder);
  await removeLeftovers(folder);
  const busy = new Map<MessageId, Promise<void>>();

  /** One change of an item at a time, so that two cannot lose each other's recipients. */
  async function alone(id: MessageId, work: () => Promise<void>): Promise<void> {
    const before = busy.get(id) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(work);
    busy.set(id, mine);
    try {
      await mine;
    } finally {
      if (busy.get(id) === mine) busy.delete(id);
    }
  }

  async function get(id: MessageId): Promise<QuarantineItem | null> {
    let text: string;
    try {
      text = await readFile(join(folder, id, FACTS), 'utf8');
    } catch (error) {
      // Without its folder the item is not there; a folder without facts is broken.
      if (errorCode(error) === 'ENOENT' && !(await names(folder)).includes(id)) return null;
      return report(id, messageOf(error));
    }
    const read = readFacts(text);
    if (read.kind === 'broken') return report(id, read.detail);
    return read.item.envelope.id === id ? read.item : report(id, 'facts of another message');
  }

  function report(id: string, detail: string): null {
    log.error({ item: join(folder, id), detail }, 'quarantine item cannot be read; it stays where it is');
    return null;
  }

  async function list(): Promise<QuarantineItem[]> {
    const items: QuarantineItem[] = [];
    for (const name of (await names(folder)).sort()) {
      if (name.startsWith(HIDDEN)) continue;
      const id = parseMessageId(name);
      const item = id === null ? report(name, 'no message id') : await get(id);
      if (item) items.push(item);
    }
    return items;
  }

  return {
    async keep(item, content) {
      try {
        await alone(item.envelope.id, async () => {
          const there = await get(item.envelope.id);
          const given = withTimes(deps, item);
          if (there && (await hasContent(folder, there))) await addRecipients(folder, there, given);
          else await store(folder, given, content);
          // Also for one that was there: the sync that should have made it durable may be what failed.
          await parent.sync();
        });
      } finally {
        content.destroy();
      }
    },
    list,
    get,
    async expire() {
      const now = clock.now();
      const past = (await list()).filter((item) => item.expiresAt <= now);
      let removed = 0;
      for (const { envelope } of past) {
        await alone(envelope.id, async () => {
          // Kept for one more recipient meanwhile: its time has begun anew.
          const item = await get(envelope.id);
          if (!item || item.expiresAt > now) return;
          await remove(folder, parent, envelope.id);
          removed++;
        });
      }
      return removed;
    },
    [Symbol.asyncDispose]: () => parent.close(),
  };
}

function withTimes({ settings, clock }: DiskQuarantineDeps, item: NewItem): QuarantineItem {
  const keptAt = clock.now();
  const keepMs = item.reason === 'undeliverable' ? settings.keepUndeliverableMs : settings.keepMs;
  return { ...item, keptAt, expiresAt: keptAt + keepMs };
}

async function store(folder: string, item: QuarantineItem, content: Readable): Promise<void> {
  const { id } = item.envelope;
  const draft = join(folder, `${HIDDEN}new-${id}`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  try {
    await writeContent(join(draft, CONTENT), content);
    // Syncs the draft folder, and with it both names.
    await writeFileDurably(systemFiles, join(draft, FACTS), writeFacts(item));
    await renameOverBroken(folder, draft, id);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** Facts alone keep nothing. */
async function hasContent(folder: string, { envelope }: QuarantineItem): Promise<boolean> {
  const found = await stat(join(folder, envelope.id, CONTENT)).catch(() => null);
  return found?.size === envelope.sizeBytes;
}

async function writeContent(path: string, content: Readable): Promise<void> {
  const file = await systemFiles.create(path);
  try {
    let position = 0;
    for await (const chunk of content) {
      await writeAll(file, [chunk], position);
      position += chunk.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** An item that cannot be read has the name that the whole one needs: it is moved aside, not deleted. */
async function renameOverBroken(folder: string, draft: string, id: MessageId): Promise<void> {
  try {
    await systemFiles.rename(draft, join(folder, id));
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    const taken = await names(folder);
    let number = 1;
    while (taken.includes(`${id}.broken-${number}`)) number++;
    await systemFiles.rename(join(folder, id), join(folder, `${id}.broken-${number}`));
    await systemFiles.rename(draft, join(folder, id));
  }
}

async function addRecipients(folder: string, there: QuarantineItem, item: QuarantineItem): Promise<void> {
  const recipients = [...new Set([...there.recipients, ...item.recipients])];
  if (recipients.length === there.recipients.length) return;
  // Whoever came last has the full time, too.
  const expiresAt = Math.max(there.expiresAt, item.expiresAt);
  const facts = writeFacts({ ...there, recipients, expiresAt });
  await writeFileDurably(systemFiles, join(folder, there.envelope.id, FACTS), facts);
}

async function remove(folder: string, parent: Folder, id: MessageId): Promise<void> {
  const gone = join(folder, `${HIDDEN}gone-${id}`);
  await systemFiles.rename(join(folder, id), gone);
  await parent.sync();
  await rm(gone, { recursive: true, force: true });
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await names(folder)) {
    if (/^\.(?:new|gone)-/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function names(folder: string): Promise<string[]> {
  return readdir(folder);
}
