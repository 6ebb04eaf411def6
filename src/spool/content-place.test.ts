import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  contentIn,
  contentOf,
  DELIVERED,
  openSpool,
  recipientAddress,
  store,
} from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { systemError, watchFiles } from '../../test/support/watched-files.ts';

const SMALL = 20_000;
const LARGE = 700_000;
const one = recipientAddress(1);

describe('the place of the content', () => {
  for (const [what, bytes] of [
    ['empty', 0],
    ['small', SMALL],
    ['large', LARGE],
  ] as const) {
    test(`${what}: the octets lie there, with their checksum`, async () => {
      await using folder = await tempFolder();
      await using spool = (await openSpool(folder.path)).spool;
      await store(spool, 100);
      const { id } = await store(spool, bytes);
      const place = spool.place(id);
      if (!place) throw new Error('no place');
      const content = readFileSync(place.path).subarray(place.offset, place.offset + place.bytes);
      expect(content).toEqual(contentOf(id, bytes));
      expect(place).toMatchObject({ bytes, crc: crc32(content) });
      await spool.checkContent(id);
      await spool.settle(id, one, DELIVERED);
      expect(spool.place(id)).toBeUndefined();
      await spool.checkContent(id);
      expect(spool.status).toMatchObject({ messages: 1, parked: 0 });
    });
  }

  for (const bytes of [SMALL, LARGE]) {
    test(`of ${bytes} octets that went bad: parked by a check, once, also when several find it`, async () => {
      await using folder = await tempFolder();
      await using spool = (await openSpool(folder.path)).spool;
      const { id } = await store(spool, bytes);
      const other = await store(spool, SMALL);
      const { path, offset } = spool.place(id) ?? { path: '', offset: 0 };
      const octets = readFileSync(path);
      octets.fill('x', offset + 2000, offset + 2010);
      writeFileSync(path, octets);
      await Promise.all([spool.checkContent(id), spool.checkContent(id), spool.checkContent(other.id)]);
      expect(spool.status).toMatchObject({ messages: 1, parked: 1 });
      expect(spool.get(id)).toBeUndefined();
      expect(await contentIn(spool, other.id)).toEqual(contentOf(other.id, SMALL));
    });
  }

  test('that a disk does not give out is no damage', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    const openForReading = () => Promise.reject(systemError('EIO'));
    await using spool = (await openSpool(folder.path, { files: { ...files, openForReading } })).spool;
    const { id } = await store(spool, SMALL);
    await spool.checkContent(id);
    expect(spool.status).toMatchObject({ messages: 1, parked: 0 });
  });
});
