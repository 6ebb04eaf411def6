/** What the program's own log writes, and what it never does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { createLog, type LogLevel } from './log.ts';

async function setUp(level: LogLevel = 'info') {
  const folder = await tempFolder();
  const file = join(folder.path, 'log', 'geganti.log');
  const read = async (): Promise<Record<string, unknown>[]> =>
    (await readFile(file, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return {
    log: createLog({ level, file }),
    texts: async () => (await read()).map(({ msg }) => msg),
    read,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a record is one JSON line: level, moment, facts, text; a child adds its facts', async () => {
  await using set = await setUp();
  set.log.child({ part: 'clamd' }).warn({ tookMs: 12 }, 'slow\nand strange');
  const [record] = await set.read();
  expect(record).toEqual({
    level: 40,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    part: 'clamd',
    tookMs: 12,
    msg: 'slow\nand strange',
  });
});

for (const name of ['password', 'passwordHash', 'token', 'secret', 'authorization']) {
  test(`"${name}" is not written, at the top and one level down, whoever logs it`, async () => {
    await using set = await setUp();
    const facts = { [name]: 'rahsia', user: 'ali', request: { [name]: 'rahsia', path: '/users' } };
    set.log.info(facts, 'asked');
    set.log.child({ part: 'api' }).error(facts, 'asked');
    const records = await set.read();
    expect(JSON.stringify(records)).not.toContain('rahsia');
    for (const record of records) {
      expect(record).toMatchObject({ user: 'ali', request: { path: '/users', [name]: '[Redacted]' } });
    }
  });
}

test('an error is written with its kind and its stack', async () => {
  await using set = await setUp();
  set.log.error({ err: new RangeError('too far') }, 'failed');
  const [record] = await set.read();
  expect(record?.err).toMatchObject({ type: 'RangeError', message: 'too far' });
  expect(record?.err).toHaveProperty('stack', expect.stringContaining('log.test.ts'));
});

test('what is below the level is left out; a change of the level holds for children, too', async () => {
  await using set = await setUp();
  const child = set.log.child({ part: 'clamd' });
  set.log.debug({}, 'one');
  set.log.info({}, 'two');
  set.log.setLevel('debug');
  set.log.debug({}, 'three');
  child.debug({}, 'four');
  set.log.setLevel('silent');
  set.log.error({}, 'five');
  child.error({}, 'six');
  expect(await set.texts()).toEqual(['two', 'three', 'four']);
});
