/** Whatever people get wrong is told in clear lines, "geganti: key: value; cure", with an exit code and no stack trace. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDialogue } from '../support/dialogue.ts';
import { copyProject, doorOf, type Ended, geganti, type Launched, launch } from '../support/launcher.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const isRoot = process.getuid?.() === 0;

/** The lines people read, without "geganti: "; throws when there is anything else. */
function complaints({ err }: Ended): string[] {
  const lines = err.trimEnd().split('\n');
  for (const line of lines) if (!line.startsWith('geganti: ')) throw new Error(`not for people: ${err}`);
  return lines.map((line) => line.slice('geganti: '.length));
}

describe('settings', () => {
  const cases: [string, string, RegExp[]][] = [
    ['broken YAML', 'a: [b\n', [/: line 2, column 1: Flow sequence/]],
    [
      'a wrong value',
      'limits:\n  message: 20 XB\n',
      [/: limits\.message: "20 XB" is not a size; write it like/],
    ],
    ['an unknown key', 'limits:\n  mesage: 3 MB\n', [/: limits\.mesage: .* nearest one is limits\.message$/]],
    [
      'a database that is none, whose password nobody reads',
      'database:\n  trace: mysql://geganti:rahsia@db.moh.example/x\n',
      [/: database\.trace: \*\*\* is not a PostgreSQL database; write it like/],
    ],
    [
      'a port for programs that others could reach',
      'api:\n  listen: 0.0.0.0:2580\n',
      [/: api\.listen: "0\.0\.0\.0:2580" is not a port of this machine itself; write it like/],
    ],
    [
      'several at once',
      'timezone: Mars\nspool:\n  minFree: 200 %\nhostnam: x\n',
      [/: timezone: "Mars"/, /: spool\.minFree: "200 %"/, /: hostnam: .* nearest one is hostname$/],
    ],
  ];
  for (const [name, yaml, expected] of cases) {
    test(`${name} stops every command with a line for each problem`, async () => {
      await using folder = await tempFolder();
      const file = join(folder.path, 'geganti.yaml');
      await writeFile(file, yaml);
      for (const command of ['up', 'status']) {
        const ended = await geganti([command, '--config', file]);
        expect(ended.code).toBe(1);
        const lines = complaints(ended);
        expect(lines).toHaveLength(expected.length);
        for (const pattern of expected)
          expect(
            lines.some((line) => pattern.test(line)),
            ended.err,
          ).toBe(true);
      }
    });
  }

  const usages: [string, string[], number, RegExp][] = [
    [
      'a file that is not there',
      ['up', '--config', '/nonexistent/g.yaml'],
      1,
      /^\/nonexistent\/g\.yaml: there is no such file$/,
    ],
    ['--config without its file', ['up', '--config'], 2, /^--config needs a value/],
    ['an unknown command', ['statsu'], 2, /did you mean "status"\?$/],
    ['an unknown option', ['up', '--confg', 'x'], 2, /did you mean --config\?$/],
    ['no server', ['status'], 1, /^no server answers at \/nonexistent\/.*; start it with/],
  ];
  for (const [name, args, code, pattern] of usages) {
    test(`${name} is one line and exit code ${code}`, async () => {
      const ended = await geganti(args);
      expect(ended.code).toBe(code);
      expect(complaints(ended)).toEqual([expect.stringMatching(pattern)]);
    });
  }
});

describe('config', () => {
  const yaml = 'limits:\n  idle: 90 s\ndatabase:\n  trace: postgresql://geganti:rahsia@db.moh.example/x\n';

  test('check names the file, or every problem of it', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'geganti.yaml');
    await writeFile(file, yaml);
    const good = await geganti(['config', 'check', '--config', file]);
    expect([good.code, good.err]).toEqual([0, '']);
    expect(good.out).toContain(file);
    await writeFile(file, 'limits: { idle: soon, colour: red }\n');
    const bad = await geganti(['config', 'check', '--config', file]);
    expect(bad.code).toBe(1);
    expect(complaints(bad)).toHaveLength(2);
  });

  test('show tells where each value comes from, and no password', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'geganti.yaml');
    await writeFile(file, yaml);
    const env = { GEGANTI_DATABASE_DIRECTORY: 'postgresql://u:rahsia@db.moh.example/d' };
    const shown = await geganti(['config', 'show', '--changed', '--json', '--config', file], env);
    expect([shown.code, shown.err]).toEqual([0, '']);
    expect(shown.out).not.toContain('rahsia');
    const { settings } = JSON.parse(shown.out);
    expect(settings).toContainEqual({
      key: 'limits.idle',
      value: '90 s',
      from: `${file}:2`,
      changed: true,
      reload: true,
    });
    expect(settings).toContainEqual(
      expect.objectContaining({ key: 'database.directory', from: 'GEGANTI_DATABASE_DIRECTORY' }),
    );
  });
});

describe('the data folder', () => {
  test('that is a file, or below one', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    for (const data of [file, join(file, 'below')]) {
      const ended = await geganti(['up'], { GEGANTI_DATA: data });
      expect(ended.code).toBe(1);
      expect(complaints(ended)).toEqual([
        expect.stringMatching(/^data: .*not a folder; .*set another data folder$/),
      ]);
    }
  });

  test.skipIf(!isRoot)('below a private home is refused before anything is made there', async () => {
    await using folder = await tempFolder();
    await chmod(folder.path, 0o700);
    const ended = await geganti(['up'], { GEGANTI_DATA: join(folder.path, 'data') });
    expect([ended.code, ended.out]).toEqual([1, '']);
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/^data: ".*" is below .*cannot enter; set another/),
    ]);
  });

  test.skipIf(!isRoot)('that belongs to another user', async () => {
    await using folder = await tempFolder();
    const data = join(folder.path, 'data');
    await mkdir(data);
    await using launched = launch({
      args: ['up'],
      env: { GEGANTI_DATA: data },
      project: await copyProject(folder.path),
      user: { uid: 65_534, gid: 65_534 },
    });
    const ended = await launched.ended;
    expect(ended.code).toBe(1);
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/^data: folder ".*" belongs to another user; change/),
    ]);
  });
});

describe('a taken port', () => {
  let folder: TempFolder;
  let taken: Server;
  let port = '';
  beforeAll(async () => {
    folder = await tempFolder();
    taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    port = String(typeof address === 'object' && address ? address.port : 0);
  });
  afterAll(async () => {
    taken?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  test.each([
    ['GEGANTI_DOORS_SUBMISSION_PORT', 'doors.submission.port'],
    ['GEGANTI_STACK_IMAP_TLS_PORT', 'stack.imap.tlsPort'],
  ])('%s ends up at once, with the words of the part that needs it', async (variable, key) => {
    const ended = await geganti(['up'], { GEGANTI_DATA: folder.path, [variable]: port });
    expect(ended.code).toBe(1);
    const [line, ...more] = complaints(ended);
    expect(line).toContain(`${key}: ${port} `);
    expect(line).toMatch(/is taken by another program; .*another port$/);
    expect(more).toEqual([]);
    expect(ended.out).not.toContain('ready (');
  });
});

describe('with a running server', () => {
  let folder: TempFolder;
  let server: Launched;
  const say = (...args: string[]): Promise<Ended> => geganti(args, { GEGANTI_DATA: folder.path });
  beforeAll(async () => {
    folder = await tempFolder();
    server = launch({ args: ['up'], env: { GEGANTI_DATA: folder.path } });
    await server.ready();
    await say('agency', 'add', 'moh', '--name', 'Kesihatan', '--domain', 'moh.example');
    await say('user', 'add', 'ali@moh.example', '--name', 'Ali', '--grade', 'N29');
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const user = (address: string, grade: string): string[] => [
    'user',
    'add',
    address,
    '--name',
    'A',
    '--grade',
    grade,
  ];
  const cases: [string, string[], RegExp][] = [
    ['an address without domain', user('ali', 'N29'), /^address "ali" has no domain; write it like/],
    [
      'a domain of no agency',
      user('a@nowhere.example', 'N29'),
      /nowhere\.example belongs to no agency; add it/,
    ],
    ['an unknown grade', user('b@moh.example', 'Z99x'), /^grade "Z99x" is not known: .*write it like "N29"/],
    ['an empty grade', user('b@moh.example', ''), /^grade "" /],
    [
      'a user that exists',
      user('ALI@moh.example', 'N29'),
      /^address "ali@moh\.example" exists already; choose another$/,
    ],
    [
      'a domain that is taken',
      ['agency', 'add', 'm2', '--name', 'x', '--domain', 'moh.example'],
      /is taken by agency moh;/,
    ],
    [
      'an unknown agency',
      ['user', 'list', '--agency', 'nope'],
      /^there is no agency "nope"; see "geganti agency list"$/,
    ],
    [
      'an unknown user',
      ['user', 'password', 'x@moh.example'],
      /^there is no user x@moh\.example; see "geganti user list"$/,
    ],
    ['a word that is no message id', ['log', 'show', 'xyz'], /^"xyz" is not a message id; one looks like/],
    ['a second supervisor', ['up'], /^data: .* is in use by process \d+; stop it or set another folder$/],
    ['a second server', ['serve'], /^spool: .* is in use by process \d+ \(stop it first/],
  ];
  for (const [name, args, pattern] of cases) {
    test(`${name} is one line and exit code 1`, async () => {
      const ended = await say(...args);
      expect(ended.code).toBe(1);
      expect(complaints(ended)).toEqual([expect.stringMatching(pattern)]);
    });
  }

  test('what was refused has changed nothing, and the server still runs', async () => {
    expect(await say('user', 'list')).toMatchObject({
      code: 0,
      out: 'ali@moh.example\tAli\tmoh\tN29\t500 MB\tactive\n',
    });
    expect((await say('status')).code).toBe(0);
  });

  test('elsewhere than on a terminal an event is four fields with tabs, and log -f ends well when interrupted', async () => {
    const dialogue = await connectDialogue(await doorOf(folder.path, 'mx'));
    await dialogue.expect(/^220 /);
    await dialogue.ask('EHLO client.test', /^250/);
    await dialogue.ask('MAIL FROM:<a@other.example>', /^250/);
    await dialogue.ask('RCPT TO:<nobody@moh.example>', /^550/);
    dialogue.destroy();
    await using follower = launch({ args: ['log', '-f'], env: { GEGANTI_DATA: folder.path } });
    await waitFor('the refusal', () => follower.out.includes('Refused at mx') || undefined);
    follower.send('SIGINT');
    const { code, out, err } = await follower.ended;
    expect([code, err]).toEqual([0, '']);
    const [time, id, meaning, smtp, ...more] = out.trimEnd().split('\t');
    expect(time).toMatch(/^\d\d \w{3} \d{4} \d\d:\d\d:\d\d$/);
    expect([id, more]).toEqual(['-', []]);
    expect(meaning).toContain('to nobody@moh.example');
    expect(smtp).toMatch(/^550 5\.1\.1 /);
  });
});

test('a command that waits for a server is interrupted with exit code 130', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'api.sock');
  let asked = false;
  const silent = createServer(() => {
    asked = true;
  }).listen(path);
  await using launched = launch({ args: ['status'], env: { GEGANTI_SERVICES_API: path } });
  await waitFor('the question', () => asked || undefined);
  launched.send('SIGINT');
  expect(await launched.ended).toMatchObject({ code: 130, out: '', err: '' });
  silent.close();
});
