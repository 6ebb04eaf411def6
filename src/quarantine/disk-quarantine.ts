/**
 * The quarantine as folders: `<message id>/message.eml` and `<message id>/facts.json`, for their owner alone.
 *
 * - An item appears whole: written under a hidden name, synced, renamed, the parent synced. It goes by a rename, too.
 *   So whatever dies at whatever moment leaves a whole item or nothing that is listed; hidden names are cleared away
 *   at each start and by `expire`.
 * - Several processes use the folder at once. Everything that changes which items there are, or the facts of one, looks
 *   at them and changes them under one lock (folder-mutex.ts); contents are written before it is taken. A recipient
 *   for whom a message is kept while others are removed from it therefore stays, in that item or in a new one.
 * - Reading takes no lock: facts are replaced by a rename, and an opened content stays readable when its item goes.
 * - Times of keeping are taken under the lock, too: whoever has had it knows that all with an earlier time is there.
 * - An item that cannot be understood is reported and left where it is; only what is understood is ever deleted.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { systemFiles } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { errorCode, messageOf } from '../lib/problem.ts';
import { type Address, addressKey } from '../mail/address.ts';
import { type MessageId, parseMessageId } from '../mail/message-id.ts';
import { entryOf } from './entry.ts';
import { readFacts } from './facts.ts';
import { createFolderMutex } from './folder-mutex.ts';
import {
  beginningOf,
  contentPath,
  discard,
  factsPath,
  HIDDEN,
  hasContent,
  hide,
  publish,
  removeLeftovers,
  rewriteFacts,
  writeDraft,
} from './item-files.ts';
import { createItemIndex } from './item-index.ts';
import { HEAD_BYTES, headOf, lookInto } from './look-into.ts';
import type { Head, NewItem, Quarantine, QuarantineItem } from './quarantine.ts';

export interface DiskQuarantineDeps {
  /** Absolute; made when it is not there. */
  readonly folder: string;
  readonly settings: { readonly keepMs: number; readonly keepUndeliverableMs: number };
  readonly clock: Clock;
  readonly log: Log;
}

export async function createQuarantine(deps: DiskQuarantineDeps): Promise<Quarantine> {
  const { folder, clock, log } = deps;
  await using opening = new AsyncDisposableStack();
  const parent = await systemFiles.openFolder(folder);
  opening.defer(() => parent.close());
  await removeLeftovers(folder, clock.now());
  const mutex = opening.use(createFolderMutex(folder, clock));

  async function get(id: MessageId): Promise<QuarantineItem | null> {
    const read = await readItem(folder, id);
    return read.kind === 'broken' ? report(id, read.detail) : read.item;
  }

  async function read(id: MessageId): Promise<Readable | null> {
    const item = await get(id);
    return item && openContent(folder, item, report);
  }

  function report(id: string, detail: string): null {
    log.error({ item: join(folder, id), detail }, 'quarantine item cannot be read; it stays where it is');
    return null;
  }

  const entries = createItemIndex({
    folder,
    isItem: (name) => !name.startsWith(HIDDEN),
    factsPath: (name) => factsPath(folder, name),
    async read(name) {
      const id = parseMessageId(name);
      const item = id === null ? report(name, 'no message id') : await get(id);
      return item && entryOf(item);
    },
  });

  /** False: there is no whole item to add to. */
  async function addTo(given: NewItem): Promise<boolean> {
    const there = await get(given.envelope.id);
    if (!there || !(await hasContent(folder, there))) return false;
    const { keptAt, expiresAt } = timesOf(deps, given);
    const added = given.recipients.filter((address) => !there.recipients.includes(address));
    if (added.length === 0) return true;
    await rewriteFacts(folder, {
      ...there,
      recipients: [...there.recipients, ...added],
      later: [...(there.later ?? []), ...added.map((address) => ({ address, keptAt }))],
      // Whoever came last has the full time, too.
      expiresAt: Math.max(there.expiresAt, expiresAt),
    });
    return true;
  }

  async function store(given: NewItem, draft: string): Promise<void> {
    try {
      const head = await readHead(draft);
      await mutex.alone(async () => {
        // Kept by somebody else while the draft was written.
        if (await addTo(given)) return;
        await publish(folder, draft, { ...given, ...timesOf(deps, given), ...(head && { head }) });
      });
    } finally {
      await discard(draft);
    }
  }

  /** Null: what is only for lists is no reason not to keep. */
  async function readHead(draft: string): Promise<Head | null> {
    try {
      return headOf(await beginningOf(draft, HEAD_BYTES));
    } catch (error) {
      log.error({ err: error, draft }, 'the header of a message to be kept cannot be read');
      return null;
    }
  }

  /** Deleted for good, and in this order: a name that comes back after power loss must not come back empty. */
  async function clear(hidden: readonly Hidden[]): Promise<void> {
    await parent.sync();
    for (const { path } of hidden) await discard(path);
  }

  const opened = opening.move();
  return {
    async keep(item, content) {
      try {
        if (!(await mutex.alone(() => addTo(item))))
          await store(item, await writeDraft(folder, item.envelope.id, content));
        // Also for one that was there: the sync that should have made it durable may be what failed.
        await parent.sync();
      } finally {
        content.destroy();
      }
    },
    entries,
    // Another message may get this very millisecond yet.
    settled: () => mutex.alone(async () => clock.now() - 1),
    get,
    read,
    async contents(id) {
      const content = await read(id);
      return content && lookInto(content);
    },
    async remove(id, recipients) {
      const result = await mutex.alone(async () => {
        const item = await get(id);
        const left = item?.recipients.filter((one) => !isAmong(one, recipients)) ?? [];
        if (!item || left.length === item.recipients.length) return null;
        if (left.length === 0) return { item, path: await hide(folder, id) };
        const later = item.later?.filter(({ address }) => isAmong(address, left));
        await rewriteFacts(folder, { ...item, recipients: left, ...(later && { later }) });
        return 'changed';
      });
      if (result === null) return false;
      if (result !== 'changed') await clear([result]);
      return true;
    },
    async expire() {
      const now = clock.now();
      const hidden: Hidden[] = [];
      try {
        for (const { id, expiresAt } of await entries()) {
          if (expiresAt > now) continue;
          const gone = await mutex.alone(async () => {
            // It may have been kept for one more recipient meanwhile: then its time has begun anew.
            const item = await get(id);
            return item && item.expiresAt <= now ? { item, path: await hide(folder, id) } : null;
          });
          if (gone) hidden.push(gone);
        }
        await clear(hidden);
        await removeLeftovers(folder, now);
      } catch (error) {
        log.error({ err: error, folder }, 'not all that is past its time could be deleted');
      }
      return hidden.map(({ item }) => item);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Hidden {
  readonly item: QuarantineItem;
  readonly path: string;
}

type ReadItem =
  /** Null: it is not there. */
  | { readonly kind: 'item'; readonly item: QuarantineItem | null }
  | { readonly kind: 'broken'; readonly detail: string };

async function readItem(folder: string, id: MessageId): Promise<ReadItem> {
  let text: string;
  try {
    text = await readFile(factsPath(folder, id), 'utf8');
  } catch (error) {
    // Without its folder the item is not there; a folder without facts is broken.
    const gone = errorCode(error) === 'ENOENT' && !(await readdir(folder)).includes(id);
    return gone ? { kind: 'item', item: null } : { kind: 'broken', detail: messageOf(error) };
  }
  const read = readFacts(text);
  if (read.kind === 'item' && read.item.envelope.id !== id)
    return { kind: 'broken', detail: 'facts of another message' };
  return read;
}

/** Opened at once, so that it can be read even when its item goes meanwhile. */
async function openContent(
  folder: string,
  { envelope }: QuarantineItem,
  report: (id: string, detail: string) => null,
): Promise<Readable | null> {
  const file = await open(contentPath(folder, envelope.id), 'r').catch((error) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (!file) return null;
  const { size } = await file.stat();
  if (size === envelope.sizeBytes) return file.createReadStream();
  await file.close();
  return report(envelope.id, `${size} octets of content instead of ${envelope.sizeBytes}`);
}

function isAmong(address: Address, addresses: readonly Address[]): boolean {
  return addresses.some((other) => addressKey(other) === addressKey(address));
}

function timesOf({ settings, clock }: DiskQuarantineDeps, { reason }: NewItem) {
  const keptAt = clock.now();
  const keepMs = reason === 'undeliverable' ? settings.keepUndeliverableMs : settings.keepMs;
  return { keptAt, expiresAt: keptAt + keepMs };
}
