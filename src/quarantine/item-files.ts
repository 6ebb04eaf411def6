/**
 * The files of quarantine items: how one comes, changes and goes. Who calls these says in which order and alone.
 *
 * Names that start with a dot are no items: `.new-…` is being written, `.gone-…` is being deleted.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { systemFiles, writeAll, writeFileDurably } from '../lib/durable-file.ts';
import { errorCode } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import { writeFacts } from './facts.ts';
import type { QuarantineItem } from './quarantine.ts';

export const HIDDEN = '.';
const CONTENT = 'message.eml';
const FACTS = 'facts.json';
/** So old nothing is that a living process still writes. */
const ABANDONED_MS = 3_600_000;

export function contentPath(folder: string, id: MessageId): string {
  return join(folder, id, CONTENT);
}

/** `name`: of an item, or of what lies where one should. */
export function factsPath(folder: string, name: string): string {
  return join(folder, name, FACTS);
}

/** Facts alone keep nothing. */
export async function hasContent(folder: string, { envelope }: QuarantineItem): Promise<boolean> {
  const found = await stat(contentPath(folder, envelope.id)).catch(() => null);
  return found?.size === envelope.sizeBytes;
}

/** The content under a hidden name, synced; resolves with the draft's path. Leaves nothing when it fails. */
export async function writeDraft(folder: string, id: MessageId, content: Readable): Promise<string> {
  const draft = join(folder, hiddenName('new', id));
  await mkdir(draft, { mode: 0o700 });
  try {
    await writeContent(join(draft, CONTENT), content);
    return draft;
  } catch (error) {
    await discard(draft);
    throw error;
  }
}

/** The beginning of its content. */
export async function beginningOf(draft: string, lengthBytes: number): Promise<Buffer> {
  const file = await systemFiles.openForReading(join(draft, CONTENT));
  try {
    return await file.read(lengthBytes, 0);
  } finally {
    await file.close();
  }
}

/**
 * The draft gets its facts and becomes the item. One that cannot be read has the name that the whole one needs: it is
 * moved aside.
 */
export async function publish(folder: string, draft: string, item: QuarantineItem): Promise<void> {
  const { id } = item.envelope;
  // Syncs the draft folder, and with it both names.
  await writeFileDurably(systemFiles, join(draft, FACTS), writeFacts(item));
  try {
    await systemFiles.rename(draft, join(folder, id));
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    const taken = await readdir(folder);
    let number = 1;
    while (taken.includes(`${id}.broken-${number}`)) number++;
    await systemFiles.rename(join(folder, id), join(folder, `${id}.broken-${number}`));
    await systemFiles.rename(draft, join(folder, id));
  }
}

export async function discard(draft: string): Promise<void> {
  await rm(draft, { recursive: true, force: true }).catch(() => {});
}

export function rewriteFacts(folder: string, item: QuarantineItem): Promise<void> {
  return writeFileDurably(systemFiles, factsPath(folder, item.envelope.id), writeFacts(item));
}

/** Takes the item out of the list; resolves with the path of what is to be deleted. */
export async function hide(folder: string, id: MessageId): Promise<string> {
  const gone = join(folder, hiddenName('gone', id));
  await systemFiles.rename(join(folder, id), gone);
  return gone;
}

/** What crashes left. Another process may be writing or deleting at this moment. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (/^\.gone-/.test(name) || (/^\.new-/.test(name) && (await isAbandoned(path, now))))
      await discard(path);
  }
}

async function isAbandoned(path: string, now: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && now - found.mtimeMs > ABANDONED_MS;
}

/** No two processes may use the same. */
function hiddenName(what: 'new' | 'gone', id: MessageId): string {
  return `${HIDDEN}${what}-${id}-${randomBytes(6).toString('hex')}`;
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
