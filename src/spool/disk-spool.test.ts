import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verdict } from '../../test/support/messages.ts';
import {
  contentIn,
  contentOf,
  DELIVERED,
  envelopeFor,
  openSpool,
  recipientAddress,
  store,
} from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemError, watchFiles } from '../../test/support/watched-files.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { Spool } from './spool.ts';

const SMALL = 20_000;
const LARGE = 700_000;
const one = recipientAddress(1);
const two = recipientAddress(2);
const three = recipientAddress(3);

function filesIn(root: string): string[] {
  return ['segments', 'single', 'parked'].flatMap((name) =>
    readdirSync(join(root, name)).map((file) => `${name}/${file}`),
  );
}

const empty = (root: string): Promise<true> =>
  waitFor('an empty spool', () => (filesIn(root).length === 0 ? true : undefined), 20_000).catch(() => {
    throw new Error(`left: ${filesIn(root)}`);
  });

describe('a stored message', () => {
  for (const [what, bytes] of [
    ['empty', 0],
    ['small', SMALL],
    ['large', LARGE],
  ] as const) {
    test(`${what}: reads back octet for octet, now and after a restart`, async () => {
      await using folder = await tempFolder();
      const first = await openSpool(folder.path);
      const { id, result } = await store(first.spool, bytes);
      expect(result).toEqual({ kind: 'stored' });
      expect(await contentIn(first.spool, id)).toEqual(contentOf(id, bytes));
      await first.spool[Symbol.asyncDispose]();

      const { spool, recovered } = await openSpool(folder.path);
      await using _ = spool;
      expect(recovered.map(({ envelope }) => envelope.id)).toEqual([id]);
      expect({ ...recovered[0]?.envelope, receivedAt: 0 }).toEqual({
        ...envelopeFor(id, bytes),
        receivedAt: 0,
      });
      expect(await contentIn(spool, id)).toEqual(contentOf(id, bytes));
    });
  }

  test('keeps verdict, deferral and outcomes over a restart, and is handed out with them', async () => {
    await using folder = await tempFolder();
    for (const bytes of [SMALL, LARGE]) {
      const first = await openSpool(folder.path);
      const { id } = await store(first.spool, bytes, { recipients: 3 });
      const CLEAN = verdict('clean');
      await first.spool.setVerdict(id, CLEAN);
      await first.spool.settle(id, one, DELIVERED);
      const reason = '451 later';
      await first.spool.defer(id, { stage: 'deliver', recipients: [two], attempt: 1, nextTryAt: 77, reason });
      await first.spool[Symbol.asyncDispose]();

      const { spool } = await openSpool(folder.path);
      await using _ = spool;
      expect(spool.get(id)?.verdict).toEqual(CLEAN);
      expect(spool.get(id)?.recipients).toEqual([
        { address: one, outcome: DELIVERED, attempts: 0, nextTryAt: 0, reason: null },
        { address: two, outcome: null, attempts: 1, nextTryAt: 77, reason },
        { address: three, outcome: null, attempts: 0, nextTryAt: 0, reason: null },
      ]);
      for (const recipient of [two, three]) await spool.settle(id, recipient, DELIVERED);
      expect(spool.get(id)).toBeUndefined();
    }
    await empty(folder.path);
  });

  test('is not handed out again once it is refused or settled, and its files go', async () => {
    await using folder = await tempFolder();
    const first = await openSpool(folder.path);
    const [small, large, refused] = [
      await store(first.spool, SMALL),
      await store(first.spool, LARGE),
      await store(first.spool, SMALL),
    ];
    for (const { id } of [small, large]) await first.spool.settle(id, one, DELIVERED);
    await first.spool.refuse(refused.id);
    expect(first.spool.status.messages).toBe(0);
    await first.spool[Symbol.asyncDispose]();
    const { spool, recovered } = await openSpool(folder.path);
    await using _ = spool;
    expect(recovered).toEqual([]);
    await empty(folder.path);
  });

  test('is refused a second time under the same id, and as another than its envelope says', async () => {
    await using folder = await tempFolder();
    await using spool = (await openSpool(folder.path)).spool;
    const { id } = await store(spool, SMALL);
    expect(() => spool.begin(id)).toThrow('in the spool already');
    await expect(spool.settle(id, recipientAddress(9), DELIVERED)).rejects.toThrow('no recipient');
    const other = spool.begin(newMessageId(1));
    await expect(other.commit(envelopeFor(id, 0))).rejects.toThrow('not that of the content');
  });
});

test('empty pieces change nothing, in memory and in a file', async () => {
  await using folder = await tempFolder();
  await using spool = (await openSpool(folder.path, { settings: { smallMessageBytes: 10 } })).spool;
  for (const bytes of [5, 50]) {
    const id = newMessageId(Date.now());
    const incoming = spool.begin(id);
    for (const octet of contentOf(id, bytes)) {
      for (const piece of [Buffer.alloc(0), Buffer.from([octet])]) await incoming.write(piece);
      await new Promise(setImmediate);
    }
    await incoming.write(Buffer.alloc(0));
    expect(await incoming.commit(envelopeFor(id, bytes))).toEqual({ kind: 'stored' });
    expect(await contentIn(spool, id)).toEqual(contentOf(id, bytes));
  }
});

describe('a message that is given up', () => {
  for (const [what, bytes] of [
    ['small', SMALL],
    ['large', LARGE],
  ] as const) {
    test(`${what}: leaves nothing behind`, async () => {
      await using folder = await tempFolder();
      await using spool = (await openSpool(folder.path)).spool;
      const id = newMessageId(Date.now());
      const incoming = spool.begin(id);
      await incoming.write(contentOf(id, bytes));
      await incoming.abort();
      await incoming.abort();
      expect(await incoming.commit(envelopeFor(id, bytes))).toEqual({ kind: 'failed' });
      expect([spool.status.messages, filesIn(folder.path)]).toEqual([0, []]);
    });
  }
});

describe('the order of steps (P1)', () => {
  const track = async (root: string, bytes: number): Promise<string[]> => {
    const files = watchFiles(root);
    await using spool = (await openSpool(root, { files })).spool;
    files.steps.length = 0;
    const { id } = await store(spool, bytes);
    return [...files.steps, 'stored'].map((step) => step.replaceAll(id, 'ID'));
  };

  test('a small message: folder synced, written, synced, and only then stored', async () => {
    await using folder = await tempFolder();
    const segment = 'segments/000000000001.seg';
    const steps = [`create ${segment}`, 'sync segments/', `write ${segment}`, `sync ${segment}`, 'stored'];
    expect(await track(folder.path, SMALL)).toEqual(steps);
  });

  test('a large message: written, synced, renamed, folder synced, and only then stored', async () => {
    await using folder = await tempFolder();
    const steps = await track(folder.path, LARGE);
    expect(steps.filter((step) => !step.startsWith('write'))).toEqual([
      'create single/ID.tmp',
      'sync single/ID.tmp',
      'rename single/ID.tmp single/ID.msg',
      'sync single/',
      'stored',
    ]);
    expect(steps.lastIndexOf('write single/ID.tmp')).toBeLessThan(steps.indexOf('sync single/ID.tmp'));
  });

  test('a finished container: unlinked, folder synced, and only then its journal unlinked', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    const { spool } = await openSpool(folder.path, { files });
    const { id } = await store(spool, SMALL, { recipients: 2 });
    await spool.settle(id, one, DELIVERED);
    files.steps.length = 0;
    await spool.settle(id, two, DELIVERED);
    await spool[Symbol.asyncDispose]();
    // The outcome that finishes it is not written any more: the removal says the same.
    const steps = files.steps.filter((step) => !step.startsWith('write'));
    expect(steps).toEqual([
      'unlink segments/000000000001.seg',
      'sync segments/',
      'unlink segments/000000000001.main.log',
    ]);
  });

  test('messages that come together share one sync', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    await using spool = (await openSpool(folder.path, { files })).spool;
    await Promise.all(Array.from({ length: 50 }, () => store(spool, SMALL)));
    expect(files.steps.filter((step) => step.startsWith('sync segments/0')).length).toBeLessThan(6);
    expect(spool.status.messages).toBe(50);
  });
});

describe('a disk that fails', () => {
  const faults = [
    ['EIO on the write', 'write segments/', systemError('EIO'), 'failed'],
    ['EIO on the sync', 'sync segments/0', systemError('EIO'), 'failed'],
    ['EIO on the folder sync', 'sync segments/', systemError('EIO'), 'failed'],
    ['ENOSPC on the write', 'write segments/', systemError('ENOSPC'), 'full'],
    ['a short write', 'write segments/', 'short', 'full'],
    ['no inode for the segment', 'create segments/', systemError('ENOSPC'), 'full'],
  ] as const;
  for (const [what, at, fault, kind] of faults) {
    test(`small, ${what}: ${kind}, earlier mail is whole, and the failed one is never found`, async () => {
      await using folder = await tempFolder();
      const files = watchFiles(folder.path);
      const first = await openSpool(folder.path, { files });
      const before = await store(first.spool, SMALL);
      if (at === 'create segments/' || at === 'sync segments/') await sealActive(first.spool);
      files.fault = (step) => (step.startsWith(at) ? fault : undefined);
      const failed = await store(first.spool, SMALL);
      expect(failed.result).toEqual({ kind });
      expect(await contentIn(first.spool, before.id)).toEqual(contentOf(before.id, SMALL));
      files.fault = () => undefined;
      const after = kind === 'failed' ? [await store(first.spool, SMALL)] : [];
      expect(after.map(({ result }) => result.kind)).toEqual(after.map(() => 'stored'));
      const expected = first.spool.status.messages;
      await first.spool[Symbol.asyncDispose]();

      const { spool, recovered } = await openSpool(folder.path);
      await using _ = spool;
      expect(recovered.length).toBe(expected);
      expect(spool.get(failed.id)).toBeUndefined();
      expect(spool.status.parked).toBe(0);
      for (const { id } of [before, ...after])
        expect(await contentIn(spool, id)).toEqual(contentOf(id, SMALL));
    });
  }

  for (const [at, code, kind] of [
    ['create single/', 'ENOSPC', 'full'],
    ['write single/', 'EIO', 'failed'],
    ['write single/', 'ENOSPC', 'full'],
    ['sync single/m', 'EIO', 'failed'],
    ['rename single/', 'EIO', 'failed'],
    ['sync single/', 'EIO', 'failed'],
  ] as const) {
    test(`large, ${code} at "${at}": ${kind}, and nothing is left`, async () => {
      await using folder = await tempFolder();
      const files = watchFiles(folder.path);
      await using spool = (await openSpool(folder.path, { files })).spool;
      files.fault = (step) => (step.startsWith(at) ? systemError(code) : undefined);
      expect((await store(spool, LARGE)).result).toEqual({ kind });
      expect([spool.status.messages, filesIn(folder.path)]).toEqual([0, []]);
    });
  }

  test('a journal that cannot be written keeps its entries for the next write', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    const first = await openSpool(folder.path, { files });
    const { id } = await store(first.spool, SMALL, { recipients: 3 });
    files.fault = (step) => (step.endsWith('.log') ? 'short' : undefined);
    await first.spool.settle(id, one, DELIVERED);
    files.fault = () => undefined;
    await first.spool.settle(id, two, DELIVERED);
    await first.spool[Symbol.asyncDispose]();
    await using spool = (await openSpool(folder.path)).spool;
    expect(spool.get(id)?.recipients.map(({ outcome }) => outcome?.kind)).toEqual([
      'delivered',
      'delivered',
      undefined,
    ]);
  });
});

/** Fills the active segment, so that the next message begins a new one. */
async function sealActive(spool: Spool): Promise<void> {
  for (let bytes = 0; bytes < 1024 * 1024; bytes += 200_000) await store(spool, 200_000);
}

describe('the folder', () => {
  test('is for its owner alone', async () => {
    await using folder = await tempFolder();
    const root = join(folder.path, 'deep/spool');
    await using spool = (await openSpool(root)).spool;
    const { id } = await store(spool, SMALL, { recipients: 2 });
    await store(spool, LARGE);
    await spool.settle(id, one, DELIVERED);
    const paths = ['.', 'segments', 'single', 'parked', 'VERSION', 'lock', 'owner', ...filesIn(root)];
    for (const path of paths) expect([path, statSync(join(root, path)).mode & 0o077]).toEqual([path, 0]);
  });

  test('of a newer format is refused in one line', async () => {
    await using folder = await tempFolder();
    await (await openSpool(folder.path)).spool[Symbol.asyncDispose]();
    writeFileSync(join(folder.path, 'VERSION'), '2\n');
    await expect(openSpool(folder.path)).rejects.toThrow(
      /VERSION says format 2, this program reads format 1/,
    );
  });

  test('that is a file is refused in one line', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'file');
    writeFileSync(path, '');
    await expect(openSpool(path)).rejects.toThrow(`spool: ${path} cannot be used`);
  });

  test('has one owner', async () => {
    await using folder = await tempFolder();
    const first = await openSpool(folder.path);
    await expect(openSpool(folder.path)).rejects.toThrow(
      `is in use by process ${process.pid} (stop it first`,
    );
    await first.spool[Symbol.asyncDispose]();
    await (await openSpool(folder.path)).spool[Symbol.asyncDispose]();
  });

  test('holds no segment any more when everything in it is settled and its time is over', async () => {
    await using folder = await tempFolder();
    await using spool = (await openSpool(folder.path, { settings: { segmentMs: 20 } })).spool;
    const stored = await Promise.all(Array.from({ length: 10 }, () => store(spool, SMALL)));
    for (const { id } of stored) await spool.settle(id, one, DELIVERED);
    await empty(folder.path);
    expect(spool.status).toMatchObject({ messages: 0, segments: 0, parked: 0, full: false });
  });
});

describe('memory', () => {
  test('small messages go to files of their own when together they would hold too much (P6)', async () => {
    await using folder = await tempFolder();
    await using spool = (await openSpool(folder.path, { settings: { memoryBytes: 100_000 } })).spool;
    const stored = await Promise.all(Array.from({ length: 10 }, () => store(spool, SMALL)));
    const single = filesIn(folder.path).filter((name) => name.endsWith('.msg'));
    expect(single.length).toBeGreaterThan(2);
    for (const { id } of stored) expect(await contentIn(spool, id)).toEqual(contentOf(id, SMALL));
    expect((await store(spool, 90_000)).result).toEqual({ kind: 'stored' });
    expect(filesIn(folder.path).filter((name) => name.endsWith('.msg'))).toEqual(single);
  });

  test('a client that sends octet by octet holds no more than it sent (P6)', async () => {
    await using folder = await tempFolder();
    await using spool = (await openSpool(folder.path)).spool;
    const id = newMessageId(Date.now());
    const incoming = spool.begin(id);
    const content = contentOf(id, 3000);
    for (const octet of content) await incoming.write(Buffer.from([octet]));
    expect(await incoming.commit(envelopeFor(id, content.length))).toEqual({ kind: 'stored' });
    expect(await contentIn(spool, id)).toEqual(content);
  });

  test('stays flat while 20 messages of 20 MiB come in and are read at once (P6)', async () => {
    await using folder = await tempFolder();
    await using spool = (await openSpool(folder.path)).spool;
    const chunk = Buffer.alloc(65_536, 'x');
    let peak = 0;
    const start = process.memoryUsage();
    const look = (): void => {
      const now = process.memoryUsage();
      peak = Math.max(peak, now.arrayBuffers - start.arrayBuffers + now.heapUsed - start.heapUsed);
    };
    const one20 = async (): Promise<void> => {
      const id = newMessageId(Date.now());
      const incoming = spool.begin(id);
      for (let n = 0; n < 320; n++) {
        await incoming.write(Buffer.from(chunk));
        look();
      }
      expect(await incoming.commit(envelopeFor(id, 320 * chunk.length))).toEqual({ kind: 'stored' });
      let bytes = 0;
      for await (const part of await spool.read(id)) bytes += part.length;
      look();
      expect(bytes).toBe(320 * chunk.length);
      await spool.settle(id, one, DELIVERED);
    };
    await Promise.all(Array.from({ length: 20 }, one20));
    expect(peak / 1024 / 1024).toBeLessThan(150);
    await empty(folder.path);
  });
});
