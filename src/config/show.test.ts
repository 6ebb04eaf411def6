import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { Environment } from './env.ts';
import { loadSettings, type Sources } from './load.ts';
import { variableOf } from './overrides.ts';
import { settingPaths } from './schema.ts';
import { withoutSecrets } from './secrets.ts';
import { checkSettings, explainSettings, type ShownSetting } from './show.ts';

async function withFile<T>(yaml: string, env: Environment, work: (sources: Sources) => T): Promise<T> {
  await using folder = await tempFolder();
  await mkdir(join(folder.path, 'config'));
  const file = join(folder.path, 'config/geganti.yaml');
  await writeFile(file, yaml);
  return work({ file, env, isRoot: true, projectFolder: folder.path, hostname: '', hasIpv6: true });
}

async function shown(yaml: string, env: Environment = {}): Promise<Map<string, ShownSetting>> {
  const rows = await withFile(yaml, env, explainSettings);
  return new Map(rows.map((row) => [row.key, row]));
}

test('every key is shown, in the order of the file', async () =>
  expect([...(await shown('')).keys()]).toEqual(settingPaths));

const YAML = `# words
hostname: mail.moh.example
limits:
  message: 30 MB
  idle: 120 s

deliver: { retry: [1 m, 2 m] }
directory:
  grades:
    classic:
      40: 1 GB
      above: 2 GB
database:
  trace: postgresql://geganti:rah@sia@db.moh.example/mail?sslmode=require
policy:
  rules: { sealed: { in: tag } }
`;
const ENV = {
  GEGANTI_LIMITS_MESSAGE: '40 MB',
  GEGANTI_DATABASE_DIRECTORY: 'postgresql://u@db.moh.example/dir?password=rahsia&x=1',
};

const rows: [string, Omit<ShownSetting, 'key'>][] = [
  ['hostname', { value: 'mail.moh.example', from: 'config/geganti.yaml:2', changed: true, reload: false }],
  ['limits.message', { value: '40 MB', from: 'GEGANTI_LIMITS_MESSAGE', changed: true, reload: true }],
  ['limits.idle', { value: '120 s', from: 'config/geganti.yaml:5', changed: false, reload: true }],
  ['limits.data', { value: '10 m', from: 'default', changed: false, reload: true }],
  ['deliver.retry', { value: '[1 m, 2 m]', from: 'config/geganti.yaml:7', changed: true, reload: true }],
  [
    'directory.grades.classic',
    { value: '{ 40: 1 GB, above: 2 GB }', from: 'config/geganti.yaml:10', changed: true, reload: false },
  ],
  [
    'database.trace',
    {
      value: 'postgresql://geganti:***@db.moh.example/mail?sslmode=require',
      from: 'config/geganti.yaml:14',
      changed: true,
      reload: false,
    },
  ],
  [
    'database.directory',
    {
      value: 'postgresql://u@db.moh.example/dir?password=***&x=1',
      from: 'GEGANTI_DATABASE_DIRECTORY',
      changed: true,
      reload: false,
    },
  ],
  [
    'policy.rules.spam',
    {
      value: '{ in: refuse, out: quarantine, within: quarantine }',
      from: 'default',
      changed: false,
      reload: true,
    },
  ],
  [
    'policy.rules.sealed',
    { value: '{ in: tag }', from: 'config/geganti.yaml:16', changed: true, reload: true },
  ],
  [
    'policy.storageList',
    {
      value: join(import.meta.dirname, '../../config/external-storage.yaml'),
      from: 'default',
      changed: false,
      reload: true,
    },
  ],
  ['data', { value: '/var/lib/geganti', from: 'default', changed: false, reload: false }],
  ['certificate.cert', { value: null, from: 'default', changed: false, reload: true }],
  ['api.listen', { value: null, from: 'default', changed: false, reload: false }],
  ['doors.mx.addresses', { value: '[127.0.0.1, "::1"]', from: 'default', changed: false, reload: false }],
  [
    'services.link',
    { value: '/var/lib/geganti/run/receive.sock', from: 'default', changed: false, reload: false },
  ],
  ['stack.nameServers', { value: '[]', from: 'default', changed: false, reload: false }],
];
for (const [key, expected] of rows) {
  test(`${key} is shown as ${expected.value} from ${expected.from}`, async () =>
    expect((await shown(YAML, ENV)).get(key)).toEqual({ key, ...expected }));
}

test('no password is shown, whatever it is in', async () =>
  expect(JSON.stringify([...(await shown(YAML, ENV)).values()])).not.toMatch(/rahsia|rah@|sia@/));

test('a database file below data is named', async () =>
  expect((await shown('data: /srv/x')).get('database.trace')?.value).toBe('/srv/x/trace/trace.db'));

test('what is shown can be written again, into a file and into a variable, and means the same', async () => {
  const values = [...(await shown(YAML)).values()].flatMap(({ key, value }): [string, string][] =>
    value === null || key.startsWith('database.') ? [] : [[key, value]],
  );
  for (const [key, value] of values) {
    const steps = key.split('.');
    const line = `${steps.map((step) => `{ ${step}: `).join('')}${value} ${'}'.repeat(steps.length)}`;
    expect((await withFile(line, {}, checkSettings)).problems).toEqual([]);
  }
  const before = await withFile(YAML.replace(/^database:\n.*\n/m, ''), {}, loadSettings);
  const text = (value: string): string => value.replace(/^\[|\]$|"/g, '');
  const env = Object.fromEntries(values.map(([key, value]) => [variableOf(key), text(value)]));
  expect(await withFile('', env, loadSettings)).toEqual(before);
});

test('a check names the file, and all that is wrong with it', async () => {
  const good = await withFile('limits: { idle: 10 s }', {}, checkSettings);
  expect(good).toEqual({ file: expect.stringMatching(/config\/geganti\.yaml$/), problems: [] });
  const bad = await withFile('limits: { idle: soon }\nx: 1\n', { GEGANTI_Y: '1' }, checkSettings);
  expect(bad.problems).toHaveLength(3);
});

const secrets: [string, string][] = [
  ['postgresql://u:p@h/d', 'postgresql://u:***@h/d'],
  ['postgresql://u:p@q/r@h/d', 'postgresql://u:***@h/d'],
  ['postgresql://u@h:5432/d', 'postgresql://u@h:5432/d'],
  ['postgresql://h:5432/d', 'postgresql://h:5432/d'],
  ['postgresql://h/d?user=u&password=p&sslmode=x', 'postgresql://h/d?user=u&password=***&sslmode=x'],
  ['"postgresql://h/d?password=p"', '"postgresql://h/d?password=***"'],
  ['ali@moh.example 10:20', 'ali@moh.example 10:20'],
];
for (const [text, expected] of secrets) {
  test(`${text} is shown as ${expected}`, () => expect(withoutSecrets(text)).toBe(expected));
}
