/** geganti policy test: what each content rule would do with the message of a file, and why; nothing is sent. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyTest } from '../../src/http/resources.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createContentTrial } from '../../src/policy/trial.ts';
import { office } from '../content/build-documents.ts';
import { attached } from '../content/build-letter.ts';
import { LINK } from '../content/build-link.ts';
import { head, lines, message, octets, text } from '../content/build-message.ts';
import { defaultSettings } from '../support/settings.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { call } from './api-call.ts';
import { type SmallServer, startSmallServer, TRIED_BYTES } from './api-stand-ins.ts';
import { PIPE, run } from './cli-stand-ins.ts';

const WHO = { from: 'siti@moh.example', to: 'ali@partner.example', id: '1' };
const letter = (...body: string[]): Buffer =>
  octets(message(head(WHO, 'Dokumen'), text('plain', lines(...body))));

let folder: TempFolder;
let server: SmallServer;
const files = { linked: '', short: '', clean: '', large: '' };

beforeAll(async () => {
  folder = await tempFolder();
  server = await startSmallServer();
  for (const code of ['moh', 'mot']) {
    const body = { code, name: code, domains: [`${code}.example`], gradeScheme: 'classic' };
    await call(server.path, 'POST', '/agencies', { body });
  }
  const contents = {
    linked: letter('Sila muat turun:', LINK),
    short: letter('https://bit.ly/3abc'),
    clean: letter('Mesyuarat esok jam 9.'),
    large: Buffer.alloc(TRIED_BYTES + 1, 'x'),
  };
  for (const [name, content] of Object.entries(contents)) {
    const file = join(folder.path, `${name}.eml`);
    Object.assign(files, { [name]: file });
    await writeFile(file, content);
  }
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const policyTest = (...argv: string[]) => run(server.path, ['policy', 'test', ...argv]);
/** The folder's name is another each time. */
const shown = (output: string): string => output.replaceAll(`${folder.path}/`, '');

async function tested(...argv: string[]): Promise<PolicyTest> {
  return JSON.parse((await policyTest(...argv, '--json')).out);
}

describe('on a terminal', () => {
  test('what is refused is shown with its reason and the reply, and the exit code is 1', async () => {
    const { code, out, err } = await policyTest(files.linked, '--as', 'siti@moh.example');
    expect(shown(out)).toMatchSnapshot();
    expect({ code, err }).toEqual({ code: 1, err: '' });
  });

  test('a clean message says so, and the exit code is 0', async () => {
    const { code, out } = await policyTest(files.clean, '--as', 'siti@moh.example', '--from-outside');
    expect(shown(out)).toMatchSnapshot();
    expect(code).toBe(0);
  });

  test('no line is wider than the terminal', async () => {
    const { out } = await run(server.path, ['policy', 'test', files.linked, '--as', 'siti@moh.example'], {
      columns: 80,
    });
    const table = out.slice(out.indexOf('RULE')).split('\n');
    for (const line of table) expect(line.length).toBeLessThanOrEqual(80);
  });
});

test('in a pipe each rule is a line of tabs', async () => {
  const { out } = await run(server.path, ['policy', 'test', files.linked, '--as', 'siti@moh.example'], PIPE);
  expect(out).toContain(
    'external-storage\trefuse\t1\tlink to external storage: hxxps://www[.]dropbox[.]com/s/a1b2c3/fail.pdf?dl=0',
  );
  expect(out).toContain('virus\trefuse\t-\tleft to the scanners\n');
});

describe('the direction decides', () => {
  const SITI = ['--as', 'siti@moh.example'];
  test.for<[string, string[], PolicyTest['direction'], PolicyTest['outcome'], string[]]>([
    ['from ours without a recipient', SITI, 'out', 'refuse', ['moh']],
    ['from ours to ours', [...SITI, '--to', 'a@mot.example'], 'within', 'refuse', ['moh']],
    [
      'from ours to some',
      [...SITI, '--to', 'a@mot.example', '--to', 'b@x.example'],
      'out',
      'refuse',
      ['moh'],
    ],
    ['from outside', [...SITI, '--from-outside'], 'in', 'deliver', ['moh']],
    [
      'from outside to two',
      [...SITI, '--from-outside', '--to', 'a@mot.example'],
      'in',
      'deliver',
      ['moh', 'mot'],
    ],
  ])('%s', async ([, argv, direction, outcome, agencies]) => {
    const answer = await tested(files.short, ...argv);
    expect(answer).toMatchObject({ direction, outcome, agencies });
    expect(answer.reply === null).toBe(outcome === 'deliver');
    const rule = answer.rules.find(({ reason }) => reason === 'short-link');
    expect(rule?.found).toHaveLength(1);
  });
});

describe('what is wrong is said in one line', () => {
  test.for<[string, () => string[], number, RegExp]>([
    ['nobody to send it', () => [files.clean], 2, /--as ADDRESS is missing/],
    ['no address', () => [files.clean, '--as', 'siti'], 2, /--as is an address/],
    ['not ours', () => [files.clean, '--as', 'a@elsewhere.example'], 1, /a@elsewhere\.example: no agency/],
    [
      'a recipient who is not ours',
      () => [files.clean, '--as', 'a@moh.example', '--from-outside', '--to', 'b@x.example'],
      1,
      /b@x\.example: no agency/,
    ],
    ['no file', () => ['/nonexistent/a.eml', '--as', 'a@moh.example'], 1, /there is no file/],
    ['too large', () => [files.large, '--as', 'a@moh.example'], 1, /200001 octets, at most 200000/],
  ])('%s', async ([, argv, expected, pattern]) => {
    const { code, out, err } = await policyTest(...argv());
    expect({ code, out }).toEqual({ code: expected, out: '' });
    expect(err).toMatch(pattern);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

test('a token that may only read may not test: the answer tells of allow-lists', async () => {
  await call(server.path, 'POST', '/tokens', { body: { name: 'reader', right: 'read' } });
  const headers = { authorization: 'Bearer gt-reader' };
  const body = { content: '', as: 'siti@moh.example' };
  expect((await call(server.port, 'POST', '/policy/test', { body, headers })).status).toBe(403);
});

test('what must be opened is opened in a box', async () => {
  const { policy } = defaultSettings();
  await using trial = createContentTrial({
    policy: () => policy,
    openTimeoutMs: () => 60_000,
    openMemoryBytes: () => policy.openMemoryBytes,
    clock: systemClock,
    log: silentLog,
  });
  const content = octets(attached('surat.docx', office('docx', 'Surat', [LINK]))(WHO));
  const judged = { direction: 'out', agencies: ['moh'] } as const;
  const found = await trial.look(content, judged, AbortSignal.timeout(60_000));
  expect(found.map(({ reason }) => reason)).toEqual(['external-storage']);
});
