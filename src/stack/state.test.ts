import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { readOwnStackState, readStackState, type StackState, writeStackState } from './state.ts';

const STATE: StackState = {
  supervisor: { pid: 1, identity: 'boot/1' },
  ports: { imap: 143, imaps: 993 },
  parts: [],
};

test('what was written is read again; before, there is nothing', async () => {
  await using data = await tempFolder();
  mkdirSync(join(data.path, 'run'));
  expect(readStackState(data.path)).toBe(null);
  expect(writeStackState(data.path, STATE)).toBe(true);
  expect([readStackState(data.path), readOwnStackState(data.path)]).toEqual([STATE, STATE]);
});

test.runIf(process.getuid?.() === 0)(
  "as root, a state that the server's user wrote is none: processes are ended by it",
  async () => {
    await using data = await tempFolder();
    mkdirSync(join(data.path, 'run'));
    writeStackState(data.path, STATE);
    chownSync(join(data.path, 'run', 'stack.json'), 65_534, 65_534);
    expect(readOwnStackState(data.path)).toBe(null);
  },
);
