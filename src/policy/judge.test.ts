import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOCKED, BOXED_POLICY, CLEAN } from '../../test/support/boxed.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { zip } from '../../test/support/zip-writer.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import type { Envelope } from '../mail/envelope.ts';
import { type ContentJudge, type ContentJudgeDeps, createContentJudge } from './judge.ts';

/** All that is looked at of it. */
const ENVELOPE = { id: '01-test' } as unknown as Envelope;
const never = new AbortController().signal;

function judgeWith(more: Partial<ContentJudgeDeps>): ContentJudge & AsyncDisposable {
  return createContentJudge({
    policy: () => BOXED_POLICY,
    judged: async () => ({ direction: 'in', agencies: [] }),
    openTimeoutMs: () => 20_000,
    openMemoryBytes: () => 256_000_000,
    processes: 1,
    clock: systemClock,
    log: silentLog,
    ...more,
  });
}

/** `program`: the body of what is done when a message has come to its end. */
async function programOf(folder: string, name: string, atEnd: string): Promise<URL> {
  const file = join(folder, `${name}.mjs`);
  const text = `
    process.on('disconnect', () => process.exit(0));
    process.on('message', async (message) => {
      if (message.kind === 'chunk') { globalThis.last = message.octets; process.send({ kind: 'taken', bytes: message.octets.length }); }
      if (message.kind === 'end') { const text = Buffer.from(globalThis.last).toString(); ${atEnd} ; process.send({ kind: 'done', fault: null }); }
    });
    process.send({ kind: 'ready' });`;
  await writeFile(file, text);
  return pathToFileURL(file);
}

function content(octets: Buffer | string): () => Promise<Readable> {
  return async () => Readable.from([Buffer.from(octets)]);
}

function message(name: string, octets: Buffer): string {
  const base64 = octets.toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    'From: ali@moh.example',
    'Subject: x',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'Please see the file.',
    '--b',
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    base64,
    '--b--',
    '',
  ].join('\r\n');
}

describe('bounds', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  beforeAll(async () => {
    folder = await tempFolder();
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const found = { reason: 'external-storage', detail: 'x', part: '1' };
  const tellFound = `process.send({ kind: 'found', found: ${JSON.stringify(found)} }); process.send({ kind: 'opening', name: 'a.zip', part: '2' });`;
  const bad: [name: string, atEnd: string, detail: string][] = [
    ['time', 'for (;;);', 'a.zip: took longer than 0.5 s to open'],
    ['the memory of buffers', 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1));', 'a.zip: needs too much memory to open'],
    ['the memory of the heap', 'const all = new Map(); for (let i = 0; ; i++) all.set(i, {});', 'a.zip: needs too much memory to open'],
    ['what Node survives', 'process.abort = 0; process.exit(3);', 'a.zip: cannot be opened'],
  ]; // biome-ignore format: a table
  for (const [name, atEnd, detail] of bad) {
    test(`a file that goes beyond ${name} costs one finding, and the next is looked into`, async () => {
      const end = `if (text === 'bad') { ${tellFound} ${atEnd} }`;
      const program = await programOf(folder.path, name.replaceAll(' ', '-'), end);
      const limits = name === 'time' ? { openTimeoutMs: () => 500 } : { openMemoryBytes: () => 32_000_000 };
      await using judge = judgeWith({ program, ...limits });
      expect(await judge.inspect(ENVELOPE, content('bad'), never)).toEqual([
        found,
        { reason: 'unopened-archive', detail, part: '2' },
      ]);
      expect(await judge.inspect(ENVELOPE, content('good'), never)).toEqual([]);
    });
  }

  test('a process of the box sees no file but its program, and no secret of the process that started it', async () => {
    const file = join(folder.path, 'secret.txt');
    await writeFile(file, 'secret');
    const paths = [file, `/proc/${process.pid}/environ`, '/etc/hostname'];
    const program = await programOf(
      folder.path,
      'curious',
      `const { readFileSync } = await import('node:fs');
      for (const path of ${JSON.stringify(paths)}) {
        let seen = 'nothing';
        try { readFileSync(path); seen = 'all'; } catch {}
        process.send({ kind: 'found', found: { reason: 'sealed', detail: path + ': ' + seen, part: null } });
      }`.replaceAll('\n', ' '),
    );
    await using judge = judgeWith({ program });
    const seen = await judge.inspect(ENVELOPE, content('x'), never);
    expect(seen.map(({ detail }) => detail)).toEqual(paths.map((path) => `${path}: nothing`));
  });

  test('what a process of the box tells again and again is kept once', async () => {
    const program = await programOf(
      folder.path,
      'chatty',
      `for (let i = 0; i < 1_000; i++) { ${tellFound} }`,
    );
    await using judge = judgeWith({ program });
    expect(await judge.inspect(ENVELOPE, content('x'), never)).toEqual([found]);
  });

  test('waiting in line does not count against the time of a message', async () => {
    const program = await programOf(
      folder.path,
      'slow',
      'const until = Date.now() + 400; while (Date.now() < until);',
    );
    await using judge = judgeWith({ program, openTimeoutMs: () => 1_500 });
    const all = Array.from({ length: 5 }, () => judge.inspect(ENVELOPE, content('x'), never));
    expect(await Promise.all(all)).toEqual([[], [], [], [], []]);
  });

  test('aborted while it is looked into, it rejects, and the next is looked into', async () => {
    const program = await programOf(folder.path, 'hang', `if (text === 'bad') for (;;);`);
    await using judge = judgeWith({ program });
    const abort = new AbortController();
    const hanging = judge.inspect(ENVELOPE, content('bad'), abort.signal);
    const inLine = judge.inspect(ENVELOPE, content('good'), abort.signal);
    const next = judge.inspect(ENVELOPE, content('good'), never);
    abort.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow('enough');
    await expect(inLine).rejects.toThrow('enough');
    expect(await next).toEqual([]);
  });

  test('content that cannot be read rejects, and the next is looked into', async () => {
    const program = await programOf(folder.path, 'plain', '');
    await using judge = judgeWith({ program });
    const broken = async (): Promise<Readable> =>
      Readable.from(
        (function* () {
          yield Buffer.from('x');
          throw new Error('the disk is gone');
        })(),
      );
    await expect(judge.inspect(ENVELOPE, broken, never)).rejects.toThrow('the disk is gone');
    expect(await judge.inspect(ENVELOPE, content('x'), never)).toEqual([]);
  });

  test('a message is handed over no faster than it is read', async () => {
    const program = await programOf(folder.path, 'deaf', 'for (;;);');
    // Nothing is taken.
    const text = `process.send({ kind: 'ready' }); process.on('message', () => {});`;
    await writeFile(program, text);
    await using judge = judgeWith({ program, openTimeoutMs: () => 500 });
    let read = 0;
    const source = Readable.from(
      (function* () {
        for (; read < 100; read++) yield Buffer.alloc(65_536);
      })(),
    );
    const [one] = await judge.inspect(ENVELOPE, async () => source, never);
    expect(one?.detail).toBe('the message: took longer than 0.5 s to open');
    expect(read).toBeLessThan(30);
  });
});

describe('the box', () => {
  let judge: ContentJudge & AsyncDisposable;
  beforeAll(() => {
    judge = judgeWith({});
  });
  afterAll(() => judge[Symbol.asyncDispose]());
  const look = async (octets: Buffer, name = 'letters.zip') =>
    (await judge.inspect(ENVELOPE, content(message(name, octets)), never)).map(
      ({ reason, part }) => `${reason} ${part}`,
    );

  test('finds a blocked link in an archive, and nothing in its clean twin', async () => {
    expect(await look(zip([{ name: 'a.txt', data: BLOCKED }]))).toEqual(['external-storage 2!a.txt']);
    expect(await look(zip([{ name: 'a.txt', data: CLEAN }]))).toEqual([]);
  });

  test('a bomb of bombs ends quickly with a finding, and the box lives on', async () => {
    let bomb = zip([{ name: 'zeros.txt', data: Buffer.alloc(9_900_000, 'a ') }]);
    for (let i = 0; i < 4; i++)
      bomb = zip(Array.from({ length: 16 }, (_, n) => ({ name: `${n}.zip`, data: bomb })));
    const begun = performance.now();
    expect(await look(bomb)).toEqual(['unopened-archive 2']);
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(await look(zip([{ name: 'a.txt', data: CLEAN }]))).toEqual([]);
  });
});
