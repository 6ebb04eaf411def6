import { describe, expect, test } from 'vitest';
import { DELIVERED, openSpool, recipientAddress, store } from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { systemError, watchFiles } from '../../test/support/watched-files.ts';
import { newMessageId } from '../mail/message-id.ts';

const SMALL = 20_000;
const LARGE = 700_000;
const one = recipientAddress(1);

describe('a held message', () => {
  test('is held over restarts until it is let go, in a segment and in a file of its own', async () => {
    await using folder = await tempFolder();
    const first = await openSpool(folder.path);
    const ids = [(await store(first.spool, SMALL)).id, (await store(first.spool, LARGE)).id];
    for (const id of ids) {
      expect(first.spool.get(id)?.held).toBe(false);
      await first.spool.hold(id, true);
      expect(first.spool.get(id)?.held).toBe(true);
    }
    await first.spool[Symbol.asyncDispose]();
    const second = await openSpool(folder.path);
    for (const id of ids) {
      expect(second.spool.get(id)?.held).toBe(true);
      await second.spool.hold(id, false);
    }
    await second.spool[Symbol.asyncDispose]();
    await using spool = (await openSpool(folder.path)).spool;
    expect(ids.map((id) => spool.get(id)?.held)).toEqual([false, false]);
  });

  test('is noted, and the note and its name are synced, before the promise resolves', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    await using spool = (await openSpool(folder.path, { files })).spool;
    const { id } = await store(spool, SMALL);
    files.steps.length = 0;
    await spool.hold(id, true);
    const journal = 'segments/000000000001.main.log';
    expect(files.steps).toEqual([`write ${journal}`, `sync ${journal}`, 'sync segments/']);
  });

  test('many at once share their syncs', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    await using spool = (await openSpool(folder.path, { files })).spool;
    const stored = await Promise.all(Array.from({ length: 50 }, () => store(spool, SMALL)));
    files.steps.length = 0;
    await Promise.all(stored.map(({ id }) => spool.hold(id, true)));
    expect([...spool.list()].every(({ held }) => held)).toBe(true);
    expect(files.steps.filter((step) => step.startsWith('sync segments/0')).length).toBeLessThan(6);
  });

  for (const at of [
    'write segments/000000000001.main',
    'sync segments/000000000001.main',
    'sync segments/',
  ]) {
    test(`"${at}" that fails is told, and asking again writes and syncs anew`, async () => {
      await using folder = await tempFolder();
      const files = watchFiles(folder.path);
      const first = await openSpool(folder.path, { files });
      const { id } = await store(first.spool, SMALL);
      files.fault = (step) => (step.startsWith(at) ? systemError('EIO') : undefined);
      await expect(first.spool.hold(id, true)).rejects.toThrow('EIO');
      files.fault = () => undefined;
      files.steps.length = 0;
      await first.spool.hold(id, true);
      expect(files.steps.map((step) => step.split(' ')[0])).toEqual(['write', 'sync', 'sync']);
      await first.spool[Symbol.asyncDispose]();
      await using spool = (await openSpool(folder.path)).spool;
      expect(spool.get(id)?.held).toBe(true);
    });
  }

  test('can finish, and one that is not here is nobody', async () => {
    await using folder = await tempFolder();
    await using spool = (await openSpool(folder.path)).spool;
    const { id } = await store(spool, SMALL);
    await Promise.all([spool.hold(id, true), spool.settle(id, one, DELIVERED)]);
    expect(spool.get(id)).toBeUndefined();
    await spool.hold(id, false);
    await spool.hold(newMessageId(1), true);
  });
});
