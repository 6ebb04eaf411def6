import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { Problem } from '../lib/problem.ts';
import type { Environment } from './env.ts';
import { loadSettings } from './load.ts';
import type { Settings } from './settings.ts';

interface Input {
  readonly yaml?: string;
  /** Beside it, by their path in the project. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Environment;
  readonly isRoot?: boolean;
  readonly hostname?: string;
  readonly hasIpv6?: boolean;
}

async function load(input: Input): Promise<Settings> {
  await using folder = await tempFolder();
  const file = join(folder.path, 'config', 'geganti.yaml');
  await mkdir(join(folder.path, 'config'));
  await writeFile(file, input.yaml ?? '');
  for (const [path, text] of Object.entries(input.files ?? {}))
    await writeFile(join(folder.path, path), text);
  return loadSettings({
    file: input.yaml === undefined ? null : file,
    env: input.env ?? {},
    isRoot: input.isRoot ?? true,
    projectFolder: folder.path,
    hostname: input.hostname ?? 'machine',
    hasIpv6: input.hasIpv6 ?? true,
  });
}

async function problemsOf(input: Input): Promise<string[]> {
  const error: unknown = await load(input).then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw error;
  return error.message.split('\n');
}

describe('defaults', () => {
  test('nothing needs to be set', async () => {
    const settings = await load({});
    expect(settings.limits.messageBytes).toBe(20 * 1024 * 1024);
    expect(settings.limits.headerBytes).toBe(102_400);
    expect(settings.limits.lineBytes).toBe(100_000);
    expect(settings.limits.authCommandBytes).toBe(12_288);
    expect(settings.limits.dataBytesPerSecond).toBe(500);
    expect(settings.doors.mx).toMatchObject({ port: 2525, maxRecipients: 100, verdictWaitMs: 10_000 });
    expect(settings.deliver.retryMs).toEqual([1, 2, 5, 10, 20, 40, 60].map((minutes) => minutes * 60_000));
    expect(settings.directory.grades.classic[0]).toEqual({ upTo: 40, quotaBytes: 500 * 1024 * 1024 });
    expect(settings.directory.grades.sspa.at(-1)).toEqual({ upTo: null, quotaBytes: 4 * 1024 ** 3 });
    expect(settings.certificate).toBeNull();
    expect(settings.discard).toBe(false);
  });

  test('an empty file and a file of comments are the defaults', async () => {
    expect(await load({ yaml: '' })).toEqual(await load({}));
    expect(await load({ yaml: '# nothing\nlimits:\n  # nothing\n' })).toEqual(await load({}));
  });

  test('data lies under /var/lib as root and in the project otherwise, sockets below it', async () => {
    expect((await load({ isRoot: true })).data).toBe('/var/lib/geganti');
    const own = await load({ isRoot: false });
    expect(own.data).toMatch(/\/var$/);
    expect(own.services.redis).toEqual({ kind: 'unix', path: `${own.data}/run/redis/redis.sock` });
  });

  const names: [string, string][] = [
    ['mail.moh.example', 'mail.moh.example'],
    ['MAIL.MOH.EXAMPLE', 'mail.moh.example'],
    ['machine', 'mail.localhost'],
    ['bad_name.example', 'mail.localhost'],
    ['10.0.0.1', 'mail.localhost'],
    ['', 'mail.localhost'],
  ];
  for (const [machine, expected] of names) {
    test(`on the machine "${machine}" our name is ${expected}`, async () =>
      expect((await load({ hostname: machine })).hostname).toBe(expected));
  }

  test('without IPv6 the doors listen on IPv4 alone', async () => {
    const settings = await load({ hasIpv6: false });
    expect(settings.doors.mx.addresses).toEqual(['127.0.0.1']);
    expect(settings.stack.imap.addresses).toEqual(['127.0.0.1']);
  });
});

describe('the environment goes before the file', () => {
  const yaml = 'data: /srv/one\ndoors:\n  mx:\n    port: 26\n';
  test('single values, lists, tables', async () => {
    const settings = await load({
      yaml,
      env: {
        GEGANTI_DATA: '/srv/two/',
        GEGANTI_DOORS_MX_PORT: '25',
        GEGANTI_DOORS_MX_ADDRESSES: '0.0.0.0, ::',
        GEGANTI_LIMITS_MESSAGES_PER_SESSION: '7',
        GEGANTI_DELIVER_RETRY: '1 s,2 s',
        GEGANTI_DISCARD: 'true',
        GEGANTI_DIRECTORY_GRADES_CLASSIC: '40: 1 GB, above: 2 GB',
        GEGANTI_SERVICES_REDIS: '127.0.0.1:6379',
        GEGANTI_CRASH_AT: 'anywhere',
        HOME: '/root',
      },
    });
    expect(settings.data).toBe('/srv/two');
    expect(settings.services.api).toEqual({ kind: 'unix', path: '/srv/two/run/api.sock' });
    expect(settings.services.redis).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 6379 });
    expect(settings.doors.mx.port).toBe(25);
    expect(settings.doors.mx.addresses).toEqual(['0.0.0.0', '::']);
    expect(settings.limits.messagesPerSession).toBe(7);
    expect(settings.deliver.retryMs).toEqual([1000, 2000]);
    expect(settings.discard).toBe(true);
    expect(settings.directory.grades.classic).toEqual([
      { upTo: 40, quotaBytes: 1024 ** 3 },
      { upTo: null, quotaBytes: 2 * 1024 ** 3 },
    ]);
  });

  test('an empty variable is not set', async () =>
    expect((await load({ yaml, env: { GEGANTI_DATA: '' } })).data).toBe('/srv/one'));
});

describe('content rules', () => {
  test('the defaults are those of the guideline', async () => {
    const { policy } = await load({});
    expect(policy.attachmentBytes).toBe(10_485_760);
    expect(policy.modes['external-storage']).toEqual({ in: 'refuse', out: 'refuse', within: 'refuse' });
    expect(policy.modes['short-link']).toEqual({ in: 'observe', out: 'refuse', within: 'refuse' });
    expect(policy.dangerousNames).toContain('exe');
    expect([policy.openTimeoutMs, policy.openMemoryBytes]).toEqual([10_000, 256 * 1024 ** 2]);
  });

  test('a rule is changed in one direction, or in all', async () => {
    const yaml = 'policy: { rules: { structure: { in: quarantine }, sealed: off } }';
    const env = { GEGANTI_POLICY_RULES_SHORT_LINK: 'in: off, within: tag' };
    const { modes } = (await load({ yaml, env })).policy;
    expect(modes.structure).toEqual({ in: 'quarantine', out: 'refuse', within: 'refuse' });
    expect(modes.sealed).toEqual({ in: null, out: null, within: null });
    expect(modes['short-link']).toEqual({ in: null, out: 'refuse', within: 'tag' });
  });

  test('the list of storage hosts is the one beside the settings, or else ours', async () => {
    const hosts = 'hosts:\n  storage.example: a test\n';
    const own = (await load({ yaml: '', files: { 'config/external-storage.yaml': hosts } })).policy.storage;
    expect(own.hosts.map(({ host }) => host)).toEqual(['storage.example']);
    expect(own.file).toMatch(/\/config\/external-storage\.yaml$/);
    const ours = (await load({ yaml: '' })).policy.storage;
    expect(ours.hosts.map(({ host }) => host)).toContain('dropbox.com');
  });

  test('what is wrong with that list is told with the rest', async () => {
    const yaml = 'spool: { segment: 1 MB, smallMessage: 2 MB }';
    const files = { 'config/external-storage.yaml': 'hosts: [dropbox.com]\n' };
    expect(await problemsOf({ yaml, files })).toEqual([
      expect.stringMatching(/^config\/geganti\.yaml: spool\.smallMessage: /),
      expect.stringMatching(/\/config\/external-storage\.yaml: .*hosts: /),
    ]);
    const lines = await problemsOf({ yaml: 'policy: { storageList: /nonexistent/list.yaml }' });
    expect(lines).toEqual(['/nonexistent/list.yaml: there is no such file']);
  });
});

describe('what is wrong is named with its cure', () => {
  const cases: [string, Input, string[]][] = [
    [
      'a size',
      { yaml: 'limits: { message: 20 XB }' },
      ['limits.message: "20 XB" is not a size; write it like "20 MB"'],
    ],
    [
      'a size without unit',
      { yaml: 'limits: { message: 20 }' },
      ['limits.message: 20 is not a size; write it like "20 MB"'],
    ],
    [
      'a time',
      { yaml: 'limits: { idle: soon }' },
      ['limits.idle: "soon" is not a time; write it like "10 s", "15 m", "2h30m" or "5 d"'],
    ],
    [
      'a timer too long',
      { yaml: 'limits: { idle: 30 d }' },
      ['limits.idle: "30 d" is too large; write at most 24 d'],
    ],
    [
      'a key',
      { yaml: 'limits: { idel: 1 s }' },
      ['limits.idel: is not a setting; the nearest one is limits.idle'],
    ],
    [
      'a key under the wrong heading',
      { yaml: 'messagesPerSession: 5' },
      ['messagesPerSession: is not a setting; the nearest one is limits.messagesPerSession'],
    ],
    [
      'a rule',
      { yaml: 'policy: { rules: { external-storge: refuse } }' },
      ['policy.rules.external-storge: is not a setting; the nearest one is policy.rules.external-storage'],
    ],
    [
      'what is done for a rule',
      { yaml: 'policy: { rules: { virus: off } }' },
      [
        'policy.rules.virus: "off" is not a table of directions; write { in: …, out: …, within: … }, each one of refuse, quarantine',
      ],
    ],
    ['a heading', { yaml: 'door: {}' }, ['door: is not a setting; the nearest one is doors']],
    [
      'a value for a group',
      { yaml: 'limits: 5' },
      ['limits: 5 is not a group of settings; write its keys below it, indented'],
    ],
    [
      'a group for a value',
      { yaml: 'data: { a: 1 }' },
      ['data: {"a":1} is not an absolute path; write it like "/var/lib/geganti"'],
    ],
    [
      'a port',
      { yaml: 'doors: { mx: { port: 99999 } }' },
      ['doors.mx.port: 99999 is too large; write at most 65535'],
    ],
    [
      'a segment too large to be read in one piece',
      { yaml: 'spool: { segment: 2 GB }' },
      ['spool.segment: "2 GB" is too large; write at most 1 GB'],
    ],
    [
      'a relative folder',
      { yaml: 'data: var' },
      ['data: "var" is not an absolute path; write it like "/var/lib/geganti"'],
    ],
    [
      'an address',
      { yaml: 'doors: { mx: { addresses: [localhost] } }' },
      [
        'doors.mx.addresses: ["localhost"] has a member that is wrong: "localhost" is not an IP address; write it like "127.0.0.1" or "::1" ("0.0.0.0" and "::" are all of them)',
      ],
    ],
    [
      'a table without its last row',
      { yaml: 'directory: { grades: { classic: { 40: 1 GB } } }' },
      [
        'directory.grades.classic: {"40":"1 GB"} has no row "above" for the highest grades; write it like { 40: 500 MB, 47: 1 GB, above: 4 GB }',
      ],
    ],
    [
      'half a certificate',
      { yaml: 'certificate: { cert: /a.pem }' },
      ['certificate: has only one of cert and key; set both, or neither for a self-signed pair'],
    ],
    [
      'a port used twice',
      { yaml: 'doors: { mx: { port: 2587 } }' },
      ['doors.submission.port: 2587 is also doors.mx.port; change one'],
    ],
    [
      'a zone',
      { yaml: 'timezone: Mars' },
      ['timezone: "Mars" is not a time zone; write it like "Asia/Kuala_Lumpur"'],
    ],
    ['a yes or no', { yaml: 'discard: maybe' }, ['discard: "maybe" is neither true nor false']],
    [
      'a level',
      { yaml: 'logLevel: loud' },
      ['logLevel: "loud" is not one of debug, info, warn, error, silent'],
    ],
    [
      'sockets of our own that others could reach',
      { yaml: 'services: { api: "127.0.0.1:80", link: "127.0.0.1:25" }' },
      [
        'services.api: "127.0.0.1:80" is not a Unix socket; write an absolute path like "/run/geganti.sock"',
        'services.link: "127.0.0.1:25" is not a Unix socket; write an absolute path like "/run/geganti.sock"',
      ],
    ],
    [
      'an interface for programs that others could reach',
      { yaml: 'api: { listen: "0.0.0.0:2580" }' },
      ['api.listen: "0.0.0.0:2580" is not a port of this machine itself; write it like "127.0.0.1:2580"'],
    ],
    [
      'its port, which is a door’s',
      { yaml: 'api: { listen: "127.0.0.1:2525" }' },
      ['api.listen: 2525 is also doors.mx.port; change one'],
    ],
    [
      'more processes than there are parts',
      { yaml: 'stack: { processes: 3 }' },
      ['stack.processes: 3 is too large; write at most 2'],
    ],
    [
      'a system user',
      { yaml: 'user: Mail Server' },
      ['user: "Mail Server" is not the name of a system user; write it like "geganti"'],
    ],
    [
      'a database of another kind',
      { yaml: 'database: { trace: "mysql://u:rahsia@db.moh.example/x" }' },
      [
        'database.trace: *** is not a PostgreSQL database; write it like "postgresql://geganti@db.moh.example/geganti"',
      ],
    ],
    [
      'a database server without a database',
      { yaml: 'database: { directory: "postgresql://u:rahsia@db.moh.example/" }' },
      [
        'database.directory: *** names no database after the host; write it like "postgresql://geganti@db.moh.example/geganti"',
      ],
    ],
    [
      'a database under the wrong heading',
      { yaml: 'database: "postgresql://u:rah@sia@db.moh.example/x"' },
      [
        'database: "postgresql://u:***@db.moh.example/x" is not a group of settings; write its keys below it, indented',
      ],
    ],
    ['a document that is a list', { yaml: '- a' }, []],
  ];
  for (const [name, input, expected] of cases) {
    test(name, async () => {
      const lines = expected.map((line) => `config/geganti.yaml: ${line}`);
      const fallback = ['config/geganti.yaml: is not a list of settings; write "key: value" lines'];
      expect(await problemsOf(input)).toEqual(expected.length > 0 ? lines : fallback);
    });
  }

  test('the port of the programs may be a door’s on another address', async () => {
    const yaml = 'api: { listen: "127.0.0.2:2525" }\ndoors: { submission: { addresses: ["127.0.0.1"] } }';
    expect((await load({ yaml })).api.listen).toEqual({ kind: 'tcp', host: '127.0.0.2', port: 2525 });
  });

  test('a password in a variable is not told', async () => {
    const env = { GEGANTI_DATABASE_TRACE: 'postgresql://u:rahsia@db.moh.example' };
    expect(await problemsOf({ env })).toEqual([
      expect.stringMatching(/^GEGANTI_DATABASE_TRACE: \*\*\* names no database after the host; /),
    ]);
  });

  test.each([
    'postgresql://geganti@db.moh.example/geganti',
    'postgres://u:p@[2001:db8::1]:5433/mail?sslmode=verify-full',
    'postgresql:///geganti?host=/run/postgresql',
    'postgresql://%2Frun%2Fpostgresql/geganti',
  ])('the database %s is taken as it is', async (url) => {
    const settings = await load({ env: { GEGANTI_DATABASE_DIRECTORY: url } });
    expect(settings.database.directory).toEqual({ kind: 'postgresql', url });
  });

  test('all problems come together, one line each', async () => {
    const lines = await problemsOf({
      yaml: 'limits:\n  message: 20 XB\n  colour: red\ndoors:\n  mx:\n    port: x\n',
      env: { GEGANTI_LIMITS_IDLE: 'soon', GEGANTI_DOOR_MX_PORT: '25' },
    });
    expect(lines).toHaveLength(5);
    expect(lines).toContain(
      'GEGANTI_LIMITS_IDLE: "soon" is not a time; write it like "10 s", "15 m", "2h30m" or "5 d"',
    );
    expect(lines).toContain(
      'GEGANTI_DOOR_MX_PORT: is not a setting; the nearest one is GEGANTI_DOORS_MX_PORT',
    );
  });

  test('broken YAML is one line with its place', async () => {
    const [line, ...more] = await problemsOf({ yaml: 'limits:\n  message: "20 MB\n' });
    expect(line).toMatch(/^config\/geganti\.yaml: line \d+, column \d+: /);
    expect(more).toEqual([]);
  });

  test('a key written twice is broken YAML', async () =>
    expect(await problemsOf({ yaml: 'discard: true\ndiscard: false\n' })).toEqual([
      'config/geganti.yaml: line 2, column 1: Map keys must be unique',
    ]));

  test('a folder too deep for sockets is named', async () => {
    const lines = await problemsOf({ yaml: `data: /${'x'.repeat(90)}\n` });
    expect(lines).toEqual([expect.stringMatching(/ data: ".*" is too long: .*; choose a shorter folder$/)]);
  });

  test('a missing file is one line', () =>
    expect(() =>
      loadSettings({
        file: '/nonexistent/a.yaml',
        env: {},
        isRoot: true,
        projectFolder: '/srv',
        hostname: 'x',
      }),
    ).toThrow('/nonexistent/a.yaml: there is no such file'));
});
