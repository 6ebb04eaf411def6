/** A real full disk: a tmpfs of one megabyte. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  contentIn,
  contentOf,
  DELIVERED,
  openSpool,
  recipientAddress,
  store,
} from '../../test/support/spooling.ts';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Spool } from './spool.ts';

const mounting = spawnSync('unshare', [
  '--mount',
  '--propagation',
  'unchanged',
  'mount',
  '-t',
  'tmpfs',
  'tmpfs',
  '/mnt',
]);
const mountable = mounting.status === 0;
const reason = mountable ? '' : ' (skipped: this machine lets nobody mount a tmpfs)';

interface SmallDisk extends AsyncDisposable {
  readonly path: string;
}

async function smallDisk(options: string): Promise<SmallDisk> {
  const folder: TempFolder = await tempFolder();
  const path = join(folder.path, 'disk');
  mkdirSync(path);
  run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      run('umount', '--lazy', path);
      await folder[Symbol.asyncDispose]();
    },
  };
}

function run(command: string, ...parameters: string[]): void {
  const { status, stderr } = spawnSync(command, parameters);
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

const roomAgain = (spool: Spool): Promise<true> =>
  waitFor('room in the spool', () => (spool.status.full ? undefined : true), 20_000);

/** Stores until the disk is full; the ids that were stored. */
async function fill(spool: Spool, sizeBytes: number): Promise<MessageId[]> {
  const stored: MessageId[] = [];
  for (let n = 0; n < 200; n++) {
    const { id, result } = await store(spool, sizeBytes);
    if (result.kind !== 'stored') {
      expect(result).toEqual({ kind: 'full' });
      return stored;
    }
    stored.push(id);
  }
  throw new Error('the disk did not fill up');
}

function fillUp(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
}

for (const [what, sizeBytes, smallMessageBytes] of [
  ['small', 30_000, 256 * 1024],
  ['large', 90_000, 1000],
] as const) {
  test.skipIf(!mountable)(
    `${what} messages: full, nothing lost, and on again when there is room${reason}`,
    async () => {
      await using disk = await smallDisk('size=1m');
      const root = join(disk.path, 'spool');
      const settings = { smallMessageBytes, segmentBytes: 100_000 };
      const first = await openSpool(root, { settings });
      const stored = await fill(first.spool, sizeBytes);
      expect(stored.length).toBeGreaterThan(5);
      expect(first.spool.status.full).toBe(true);
      for (const id of stored) expect(await contentIn(first.spool, id)).toEqual(contentOf(id, sizeBytes));
      await first.spool[Symbol.asyncDispose]();

      // A start finds everything and can work it off, even with not an octet free.
      fillUp(join(disk.path, 'ballast'));
      const { spool, recovered } = await openSpool(root, { settings });
      await using _ = spool;
      expect(recovered.map(({ envelope }) => envelope.id).sort()).toEqual([...stored].sort());
      expect(spool.status.parked).toBe(0);
      for (const id of stored) {
        expect(await contentIn(spool, id)).toEqual(contentOf(id, sizeBytes));
        await spool.settle(id, recipientAddress(1), DELIVERED);
      }
      await roomAgain(spool);
      expect((await store(spool, sizeBytes)).result).toEqual({ kind: 'stored' });
    },
  );
}

test.skipIf(!mountable)(`no inodes left: full, and on again when there are some${reason}`, async () => {
  await using disk = await smallDisk('size=4m,nr_inodes=40');
  const root = join(disk.path, 'spool');
  const settings = { smallMessageBytes: 100 };
  await using spool = (await openSpool(root, { settings })).spool;
  const stored = await fill(spool, 1000);
  for (const id of stored) await spool.settle(id, recipientAddress(1), DELIVERED);
  await roomAgain(spool);
  expect((await store(spool, 1000)).result).toEqual({ kind: 'stored' });
});

test.skipIf(!mountable)(`less free space than set: full before the disk is${reason}`, async () => {
  await using disk = await smallDisk('size=1m');
  const root = join(disk.path, 'spool');
  await using spool = (await openSpool(root, { settings: { minFreePercent: 50 } })).spool;
  expect((await store(spool, 1000)).result).toEqual({ kind: 'stored' });
  const ballast = join(disk.path, 'ballast');
  writeFileSync(ballast, Buffer.alloc(700_000));
  await waitFor('a full spool', () => (spool.status.full ? true : undefined), 20_000);
  expect((await store(spool, 1000)).result).toEqual({ kind: 'full' });
  rmSync(ballast);
  await roomAgain(spool);
  expect((await store(spool, 1000)).result).toEqual({ kind: 'stored' });
});

test.skipIf(!mountable)(`a first start on a full disk says so in one line${reason}`, async () => {
  await using disk = await smallDisk('size=64k');
  writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(64 * 1024));
  const start = openSpool(join(disk.path, 'spool'));
  await expect(start).rejects.toThrow(/cannot be used: .*\(make room on its disk\)/);
});
