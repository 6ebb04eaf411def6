/** Each state and each leftover of STATES.md, made by hand on the disk, and what the next start makes of it. */

import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verdict } from '../../test/support/messages.ts';
import {
  contentIn,
  contentOf,
  DELIVERED,
  fastClock,
  openSpool,
  recipientAddress,
  store,
} from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemError, watchFiles } from '../../test/support/watched-files.ts';
import { type Log, silentLog } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import { encodeEntry, type JournalEntry } from './journal-entry.ts';

const SMALL = 5_000;
const LARGE = 300_000;
const SEGMENT = '000000000001';
const one = recipientAddress(1);

interface Alerts extends Log {
  readonly errors: string[];
}

function alerts(): Alerts {
  const errors: string[] = [];
  return { ...silentLog, errors, error: (_, text) => void errors.push(text) };
}

/** A spool that was stopped with these messages in it, in one segment or in files of their own. */
async function stopped(root: string, sizes: readonly number[], recipients = 2): Promise<MessageId[]> {
  const { spool } = await openSpool(root);
  const ids: MessageId[] = [];
  for (const bytes of sizes) ids.push((await store(spool, bytes, { recipients })).id);
  await spool[Symbol.asyncDispose]();
  return ids;
}

/** Opens and closes; what was found, whole or not, what is left, and what was alerted. */
async function restart(root: string): Promise<{ found: MessageId[]; errors: string[]; parked: number }> {
  const log = alerts();
  const { spool, recovered } = await openSpool(root, { log });
  await using _ = spool;
  for (const { envelope } of recovered) {
    expect(await contentIn(spool, envelope.id)).toEqual(contentOf(envelope.id, envelope.sizeBytes));
  }
  return {
    found: recovered.map(({ envelope }) => envelope.id),
    errors: log.errors,
    parked: spool.status.parked,
  };
}

const segmentPath = (root: string): string => join(root, `segments/${SEGMENT}.seg`);
const segmentJournal = (root: string): string => join(root, `segments/${SEGMENT}.main.log`);

function settledLines(id: MessageId, count = 2): string {
  return Array.from({ length: count }, (_, n) =>
    encodeEntry({ kind: 'settled', id, recipient: recipientAddress(n + 1), outcome: DELIVERED }),
  ).join('');
}

describe('unfinished writes', () => {
  test('growing: a .tmp goes without an alert', async () => {
    await using folder = await tempFolder();
    const ids = await stopped(folder.path, [SMALL]);
    writeFileSync(join(folder.path, 'single/m00000000000000000.tmp'), 'half a mess');
    expect(await restart(folder.path)).toEqual({ found: ids, errors: [], parked: 0 });
    expect(readdirSync(join(folder.path, 'single'))).toEqual([]);
  });

  test('unsynced: a record cut at any octet at the end of the newest segment goes without an alert', async () => {
    await using folder = await tempFolder();
    const ids = await stopped(folder.path, [SMALL, 40]);
    const whole = readFileSync(segmentPath(folder.path));
    const second = whole.indexOf('\0GEGANTI', 1, 'latin1');
    for (let length = second + 1; length < whole.length; length += 7) {
      writeFileSync(segmentPath(folder.path), whole.subarray(0, length));
      const result = await restart(folder.path);
      expect(result, `cut at ${length}`).toEqual({ found: ids.slice(0, 1), errors: [], parked: 0 });
      expect(readFileSync(segmentPath(folder.path)).length).toBe(second);
    }
  });

  test('segment-created: an empty segment goes, and its number is not used for another', async () => {
    await using folder = await tempFolder();
    await stopped(folder.path, []);
    writeFileSync(join(folder.path, 'segments/000000000007.seg'), '');
    const { spool } = await openSpool(folder.path);
    await using _ = spool;
    await store(spool, SMALL);
    expect(readdirSync(join(folder.path, 'segments'))).toEqual(['000000000008.seg']);
  });

  test('a journal line without its end is dropped, and the journal can be gone on with', async () => {
    await using folder = await tempFolder();
    const [id] = await stopped(folder.path, [SMALL]);
    if (id === undefined) throw new Error('nothing stored');
    const [first = '', second = ''] = settledLines(id).split('\n');
    writeFileSync(segmentJournal(folder.path), `${first}\n${second.slice(0, -3)}`);
    const log = alerts();
    const { spool } = await openSpool(folder.path, { log });
    expect(spool.get(id)?.recipients.map(({ outcome }) => outcome !== null)).toEqual([true, false]);
    const CLEAN = verdict('clean');
    await spool.setVerdict(id, CLEAN);
    await spool[Symbol.asyncDispose]();
    const again = await openSpool(folder.path, { log });
    expect(again.spool.get(id)).toMatchObject({
      verdict: CLEAN,
      recipients: [{ outcome: DELIVERED }, { outcome: null }],
    });
    await again.spool[Symbol.asyncDispose]();
    expect(log.errors).toEqual([]);
  });
});

describe('finished and gone', () => {
  test('finished: a container whose messages are all settled goes at start', async () => {
    for (const bytes of [SMALL, LARGE]) {
      await using folder = await tempFolder();
      const [id] = await stopped(folder.path, [bytes]);
      if (id === undefined) throw new Error('nothing stored');
      const journal =
        bytes === SMALL ? segmentJournal(folder.path) : join(folder.path, `single/${id}.main.log`);
      writeFileSync(journal, settledLines(id));
      expect(await restart(folder.path)).toEqual({ found: [], errors: [], parked: 0 });
      expect([
        ...readdirSync(join(folder.path, 'segments')),
        ...readdirSync(join(folder.path, 'single')),
      ]).toEqual([]);
    }
  });

  test('container-gone: a journal without its container goes, and its entries harm nobody', async () => {
    await using folder = await tempFolder();
    const ids = await stopped(folder.path, [SMALL]);
    writeFileSync(join(folder.path, 'segments/000000000009.main.log'), 'no line of ours\n');
    writeFileSync(join(folder.path, 'single/m00000000000000000.main.log'), '');
    await restart(folder.path);
    expect(readdirSync(join(folder.path, 'segments'))).toEqual([`${SEGMENT}.seg`]);
    expect((await restart(folder.path)).found).toEqual(ids);
  });

  test('the union of all writers’ journals counts', async () => {
    await using folder = await tempFolder();
    const [id, other] = await stopped(folder.path, [SMALL, SMALL]);
    if (id === undefined) throw new Error('nothing stored');
    const [first, second] = settledLines(id).split('\n');
    writeFileSync(segmentJournal(folder.path), `${first}\n`);
    writeFileSync(join(folder.path, `segments/${SEGMENT}.worker.log`), `${second}\n`);
    expect(await restart(folder.path)).toEqual({ found: [other], errors: [], parked: 0 });
  });

  test('a file that is not ours is left alone', async () => {
    await using folder = await tempFolder();
    await stopped(folder.path, [SMALL]);
    const path = join(folder.path, 'single/notes.txt');
    writeFileSync(path, 'do not lose me');
    await restart(folder.path);
    expect(existsSync(path)).toBe(true);
  });
});

describe('twice', () => {
  test('a message in both places is one message, and stays gone from the segment when it is finished', async () => {
    await using folder = await tempFolder();
    const [id, kept] = await stopped(folder.path, [SMALL, SMALL]);
    if (id === undefined) throw new Error('nothing stored');
    // The same message in a file of its own, as a move makes it: from a spool that streams everything.
    await using elsewhere = await tempFolder();
    const other = await openSpool(elsewhere.path, { settings: { smallMessageBytes: 0 } });
    await store(other.spool, SMALL, { id, recipients: 2 });
    await other.spool[Symbol.asyncDispose]();
    await copyFile(join(elsewhere.path, `single/${id}.msg`), join(folder.path, `single/${id}.msg`));
    writeFileSync(segmentJournal(folder.path), settledLines(id, 1));

    const { spool, recovered } = await openSpool(folder.path);
    expect(recovered.map(({ envelope }) => envelope.id).sort()).toEqual([id, kept].sort());
    expect(spool.get(id)?.recipients.map(({ outcome }) => outcome !== null)).toEqual([true, false]);
    await spool.settle(id, recipientAddress(2), DELIVERED);
    await spool[Symbol.asyncDispose]();
    expect(readdirSync(join(folder.path, 'single'))).toEqual([]);
    expect((await restart(folder.path)).found).toEqual([kept]);
  });
});

describe('a move that a crash cut short', () => {
  /** A moved message, whose segment stays because of another, and what was noted in its old journal during the move. */
  async function cutShort(root: string, noted: readonly JournalEntry[]): Promise<MessageId> {
    const { spool } = await openSpool(root, { clock: fastClock });
    const [{ id: moved }] = await Promise.all([store(spool, SMALL, { recipients: 2 }), store(spool, SMALL)]);
    await spool.hold(moved, true);
    await waitFor('the move', () => spool.place(moved)?.path.endsWith('.msg') || undefined, 20_000);
    await spool[Symbol.asyncDispose]();
    // As the move found it: held is what the message took along.
    await appendFile(
      segmentJournal(root),
      noted.map((entry) => encodeEntry({ ...entry, id: moved })).join(''),
    );
    return moved;
  }
  const id = 'm00000000000000000' as MessageId;

  test('state-joined: what was noted in the old journal does not go with it', async () => {
    await using folder = await tempFolder();
    const recipient = recipientAddress(2);
    const moved = await cutShort(folder.path, [{ kind: 'settled', id, recipient, outcome: DELIVERED }]);
    await (await openSpool(folder.path)).spool[Symbol.asyncDispose]();
    for (const name of readdirSync(join(folder.path, 'segments')))
      rmSync(join(folder.path, 'segments', name));
    await using spool = (await openSpool(folder.path)).spool;
    expect(spool.get(moved)).toMatchObject({
      held: true,
      recipients: [{ outcome: null }, { outcome: DELIVERED }],
    });
  });

  test('is not joined again when there is nothing new', async () => {
    await using folder = await tempFolder();
    const moved = await cutShort(folder.path, []);
    const journal = join(folder.path, `single/${moved}.main.log`);
    const before = readFileSync(journal, 'utf8');
    await (await openSpool(folder.path)).spool[Symbol.asyncDispose]();
    expect(readFileSync(journal, 'utf8')).toBe(before);
  });

  test('of what an operator said the word in the new journal is the last', async () => {
    await using folder = await tempFolder();
    const moved = await cutShort(folder.path, []);
    const first = await openSpool(folder.path);
    await first.spool.hold(moved, false);
    await first.spool[Symbol.asyncDispose]();
    expect(readFileSync(segmentJournal(folder.path), 'utf8')).toContain('held');
    await using spool = (await openSpool(folder.path)).spool;
    expect(spool.get(moved)?.held).toBe(false);
  });

  test('keeps the old journal when the disk does not take the new lines', async () => {
    await using folder = await tempFolder();
    const recipient = recipientAddress(2);
    const moved = await cutShort(folder.path, [{ kind: 'settled', id, recipient, outcome: DELIVERED }]);
    const files = watchFiles(folder.path);
    files.fault = (step) => (step === `write single/${moved}.main.log` ? systemError('ENOSPC') : undefined);
    const { spool, recovered } = await openSpool(folder.path, { files });
    for (const { envelope } of recovered) if (envelope.id !== moved) await spool.refuse(envelope.id);
    await spool[Symbol.asyncDispose]();
    expect(existsSync(segmentJournal(folder.path))).toBe(true);
    await using again = (await openSpool(folder.path)).spool;
    expect(again.get(moved)?.recipients[1]?.outcome).toEqual(DELIVERED);
  });
});

describe('damage is parked and alerted, never lost and never handed out', () => {
  test('in the middle of a segment: the other messages are whole, the damaged octets are kept', async () => {
    await using folder = await tempFolder();
    const [first, , third] = await stopped(folder.path, [SMALL, SMALL, SMALL]);
    const bytes = readFileSync(segmentPath(folder.path));
    const at = bytes.indexOf('\0GEGANTI', 1, 'latin1');
    bytes.fill('x', at + 2000, at + 2010);
    writeFileSync(segmentPath(folder.path), bytes);
    const result = await restart(folder.path);
    expect(result).toMatchObject({ found: [first, third], parked: 1 });
    expect(result.errors.length).toBe(1);
    const parked = readFileSync(join(folder.path, `parked/${SEGMENT}-${at}.parked`));
    expect(parked.indexOf('xxxxxxxxxx')).toBe(2000);
    const why = JSON.parse(readFileSync(join(folder.path, `parked/${SEGMENT}-${at}.parked.json`), 'utf8'));
    expect(why.reason).toBe('the content does not match its checksum');
    // Found again, it is the same parked item.
    expect((await restart(folder.path)).parked).toBe(1);
  });

  test('at the end of the newest segment: whole by its length, wrong by its checksum', async () => {
    await using folder = await tempFolder();
    const [first] = await stopped(folder.path, [SMALL, SMALL]);
    const bytes = readFileSync(segmentPath(folder.path));
    bytes.fill(0, bytes.length - 3000, bytes.length - 1000);
    writeFileSync(segmentPath(folder.path), bytes);
    expect(await restart(folder.path)).toMatchObject({ found: [first], parked: 1 });
  });

  test('an older segment that ends in the middle of a record', async () => {
    await using folder = await tempFolder();
    const [first] = await stopped(folder.path, [SMALL, SMALL]);
    const [later] = await stopped(folder.path, [SMALL]);
    truncateSync(segmentPath(folder.path), readFileSync(segmentPath(folder.path)).length - 100);
    expect(await restart(folder.path)).toMatchObject({ found: [first, later], parked: 1 });
  });

  test('a file of its own with a wrong trailer', async () => {
    await using folder = await tempFolder();
    const [id, other] = await stopped(folder.path, [LARGE, LARGE]);
    truncateSync(join(folder.path, `single/${id}.msg`), LARGE);
    expect(await restart(folder.path)).toMatchObject({ found: [other], parked: 1 });
    expect(readFileSync(join(folder.path, `parked/${id}.msg.parked`)).length).toBe(LARGE);
  });

  test('a body that went bad while the spool runs: the reader gets an error, not the octets', async () => {
    for (const bytes of [SMALL, LARGE]) {
      await using folder = await tempFolder();
      const [id, other] = await stopped(folder.path, [bytes, SMALL]);
      if (id === undefined || other === undefined) throw new Error('nothing stored');
      const log = alerts();
      await using spool = (await openSpool(folder.path, { log })).spool;
      const path = bytes === SMALL ? segmentPath(folder.path) : join(folder.path, `single/${id}.msg`);
      const content = readFileSync(path);
      content.fill('x', 2000, 2010);
      writeFileSync(path, content);
      await expect(contentIn(spool, id)).rejects.toThrow('does not match its checksum');
      expect(spool.status).toMatchObject({ messages: 1, parked: 1 });
      expect([spool.get(id), log.errors.length]).toEqual([undefined, 1]);
      expect(await contentIn(spool, other)).toEqual(contentOf(other, SMALL));
      await spool.settle(id, one, DELIVERED);
    }
  });

  test('a journal line in the middle: told, and the other lines hold', async () => {
    await using folder = await tempFolder();
    const [first, second, third] = await stopped(folder.path, [SMALL, SMALL, SMALL], 1);
    if (!first || !second || !third) throw new Error('nothing stored');
    const middle = settledLines(second, 1).replace('INBOX', 'INBOZ');
    await appendFile(segmentJournal(folder.path), settledLines(first, 1) + middle + settledLines(third, 1));
    const { found, errors } = await restart(folder.path);
    expect([found, errors.length]).toEqual([[second], 1]);
  });
});
