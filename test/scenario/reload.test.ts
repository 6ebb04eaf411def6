/**
 * SIGHUP, as `systemctl reload` sends it: settings and certificates are read anew while mail flows, and nobody is cut
 * off. What is wrong with them changes nothing and is said in the program's log.
 */
import { X509Certificate } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDialogue, type Dialogue } from '../support/dialogue.ts';
import { launch } from '../support/launcher.ts';
import { openMailbox } from '../support/mailbox.ts';
import { finals, letterText, logLines, type RunningUser, sendOver } from '../support/running.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { newTestCertificate, type TestCertificate } from '../support/test-certificate.ts';
import { type LogLine, parseLog, startUp, type Up } from '../support/up.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';
/** Of pino. */
const DEBUG = 20;
const CHANGED = [
  'logLevel',
  'doors.mx.maxRecipients',
  'limits.message',
  'scan.retry',
  'deliver.retry',
  'quarantine.keep',
  'log.keep',
];

/** For root alone, as those of the machine are. */
async function install(folder: string, { cert, key }: TestCertificate, name = 'tls'): Promise<void> {
  for (const [end, content] of [
    ['crt', cert],
    ['key', key],
  ] as const) {
    const path = join(folder, `${name}.${end}`);
    await writeFile(path, content, { mode: 0o600 });
    await chmod(path, 0o600);
  }
}

function settingsOf(folder: string, processes: number, changes = '', name = 'tls'): string {
  const files = `{ cert: ${join(folder, name)}.crt, key: ${join(folder, name)}.key }`;
  return `stack: { processes: ${processes} }\ncertificate: ${files}\n${changes}`;
}

function serialOf({ cert }: TestCertificate): string {
  return new X509Certificate(cert).serialNumber;
}

describe.each([
  { processes: 2, server: ['receive', 'work'] },
  { processes: 1, server: ['geganti'] },
])('geganti up, $processes of its own', ({ processes, server }) => {
  const [receiver = ''] = server;
  const first = newTestCertificate();
  let up: Up;
  let aminah: RunningUser;

  beforeAll(async () => {
    up = await startUp({
      prepare: (folder) => install(folder, first),
      yaml: (folder) => settingsOf(folder, processes),
    });
    aminah = await up.addUser('aminah@moh.example');
  });
  afterAll(() => up?.[Symbol.asyncDispose]());

  /** Sends SIGHUP; resolves with what each program logged since, once all of `until` is among it. */
  async function reload(until: string, programs: readonly string[]): Promise<Map<string, LogLine[]>> {
    const before = new Map(programs.map((name) => [name, up.log(name).length]));
    up.launched.send('SIGHUP');
    return await waitFor(`"${until}" in the logs of ${programs}`, () => {
      const since = new Map(programs.map((name) => [name, up.log(name).slice(before.get(name))]));
      const told = [...since.values()].every((lines) => lines.some(({ msg }) => msg === until));
      return told ? since : undefined;
    });
  }

  async function imapSerial(): Promise<string> {
    const socket = connectTls({ host: '127.0.0.1', port: up.imapsPort, rejectUnauthorized: false });
    await new Promise((resolve, reject) => socket.once('error', reject).once('secureConnect', resolve));
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }

  async function smtpSerials(): Promise<(string | null)[]> {
    const dialogues = await Promise.all([up.connect('submission'), up.connect('submissions')]);
    const serials = dialogues.map((dialogue) => dialogue.serial());
    for (const dialogue of dialogues) dialogue.destroy();
    return serials;
  }

  test('new values hold for new sessions, nobody is cut off, and what needs a restart is named', async () => {
    const old = await up.connect('mx');
    const pids = up.parts().map(({ pid }) => pid);
    const changes = `logLevel: debug
doors: { mx: { maxRecipients: 1 } }
limits: { message: 1 MB }
scan: { retry: 200 ms, concurrency: 3 }
deliver: { retry: [300 ms, 500 ms] }
quarantine: { keep: 1 d }
log: { keep: 40 d }
`;
    await up.writeSettings(settingsOf(up.folder, processes, changes));
    const programs = ['stack', ...server];
    const logs = await reload('settings that need a restart', programs);
    for (const name of programs) {
      const lines = logs.get(name) ?? [];
      expect(lines.find(({ msg }) => msg === 'settings read again')?.changed, name).toEqual(
        expect.arrayContaining(CHANGED),
      );
      expect(lines.find(({ keys }) => keys)?.keys, name).toEqual(['scan.concurrency']);
    }
    const fresh = await up.connect('mx');
    expect(await fresh.ask('EHLO client.test', /^250/)).toContain('SIZE 1048576');
    for (const dialogue of [fresh, old]) {
      await dialogue.ask(`MAIL FROM:<${WONG}>`, /^250/);
      await dialogue.ask(`RCPT TO:<${aminah.address}>`, /^250/);
      await dialogue.ask('RCPT TO:<postmaster@moh.example>', /^452[- ]4\.5\.3/);
      dialogue.destroy();
    }
    expect(up.parts().map(({ pid }) => pid)).toEqual(pids);
    // Nothing but noise, which is worth a line at this level only.
    const noise = await connectDialogue({ address: '127.0.0.1', port: await up.port('submissions') });
    await noise.say('EHLO client.test');
    await waitFor('a line for those who look for bugs', () =>
      up.log(receiver).some(({ level }) => level === DEBUG) ? true : undefined,
    );
    noise.destroy();
  });

  test('a file with faults changes nothing, and each fault is a line of the log', async () => {
    await up.writeSettings(
      settingsOf(up.folder, processes, 'limits: { message: 20 XB }\ncolour: red\nlogLevel: info\n'),
    );
    const programs = ['stack', ...server];
    const logs = await reload('settings not changed', programs);
    for (const name of programs) {
      const faults = (logs.get(name) ?? []).filter(({ msg }) => msg === 'settings not changed');
      expect(faults.map(({ error }) => error).sort(), name).toEqual([
        expect.stringMatching(/colour: is not a setting/),
        expect.stringMatching(/limits\.message: "20 XB" is not a size/),
      ]);
    }
    const dialogue = await up.connect('mx');
    expect(await dialogue.ask('EHLO client.test', /^250/)).toContain('SIZE 1048576');
    dialogue.destroy();
  });

  test('a new certificate is shown to who comes; 20 sessions, mail clients and the mail in flight stay', async () => {
    await up.writeSettings(settingsOf(up.folder, processes));
    await reload('settings read again', ['stack', ...server]);
    expect([...(await smtpSerials()), await imapSerial()]).toEqual(Array(3).fill(serialOf(first)));

    await using clients = new AsyncDisposableStack();
    const open = async (door: 'mx' | 'submission' | 'submissions'): Promise<Dialogue> =>
      clients.adopt(await up.connect(door, door === 'mx' ? undefined : aminah), (dialogue) =>
        dialogue.destroy(),
      );
    const doors = ['mx', 'submission', 'submissions', 'mx'] as const;
    const sessions = await Promise.all(Array.from({ length: 20 }, (_, n) => open(doors[n % 4] ?? 'mx')));
    const mailbox = { port: up.imapsPort, user: aminah.address, password: aminah.password };
    const readers = await Promise.all([1, 2, 3].map(async () => clients.use(await openMailbox(mailbox))));
    const stop = new AbortController();
    const flows = sessions.slice(0, 4).map((dialogue, n) => keepSending(dialogue, n, stop.signal));

    const next = newTestCertificate();
    await install(up.folder, next);
    up.launched.send('SIGHUP');
    await waitFor('the new certificate everywhere', async () => {
      const shown = [...(await smtpSerials()), await imapSerial()];
      return shown.every((serial) => serial === serialOf(next)) ? true : undefined;
    });
    stop.abort();
    const ids = (await Promise.all(flows)).flat();
    await Promise.all(sessions.map((dialogue) => dialogue.ask('NOOP', /^250/)));
    for (const reader of readers) expect(await reader.headers('INBOX')).toBeDefined();
    expect(ids.length).toBeGreaterThan(4);
    await waitFor('the end of every message', () => {
      const ended = new Map(finals(logLines(up.data)).map(({ id, kind }) => [id, kind]));
      return ids.every((id) => ended.get(id) === 'delivered') ? true : undefined;
    });
    await using reader = await openMailbox(mailbox);
    const found = [...(await reader.headers('INBOX')), ...(await reader.headers('Junk'))];
    expect(found.filter(({ subject }) => subject.startsWith('aliran'))).toHaveLength(ids.length);
  });

  async function keepSending(dialogue: Dialogue, number: number, stop: AbortSignal): Promise<string[]> {
    const ids: string[] = [];
    const door = number % 4 === 0 || number % 4 === 3 ? 'mx' : 'submission';
    const from = door === 'mx' ? WONG : aminah;
    while (!stop.aborted || ids.length < 2) {
      const content = letterText(from, `aliran ${number}.${ids.length}`);
      const { id, reply } = await sendOver(dialogue, { door, from, to: [aminah], content });
      if (!id) throw new Error(`refused: ${reply}`);
      ids.push(id);
    }
    return ids;
  }

  test.each([
    ['does not fit', async () => writeFile(join(up.folder, 'tls.key'), newTestCertificate().key), /belong/],
    ['is missing', async () => rm(join(up.folder, 'tls.key')), /does not exist/],
  ])('a key that %s leaves the old pair in place, with one line', async (_, spoil, reason) => {
    const pair = newTestCertificate();
    await install(up.folder, pair);
    await reload('certificate read again', [receiver]);
    await spoil();
    const logs = await reload('the certificate stays as it was', ['stack']);
    const faults = logs.get('stack')?.filter(({ level }) => level >= 40) ?? [];
    expect(faults).toMatchObject([{ error: expect.stringMatching(/^certificate\.key: /) }]);
    expect(faults[0]?.error).toMatch(reason);
    expect([...(await smtpSerials()), await imapSerial()]).toEqual(Array(3).fill(serialOf(pair)));
  });

  test('other files, named in the settings, are taken too', async () => {
    const pair = newTestCertificate();
    await install(up.folder, pair, 'baru');
    await up.writeSettings(settingsOf(up.folder, processes, '', 'baru'));
    await reload('certificate read again', [receiver]);
    await waitFor('the new certificate at IMAP', async () =>
      (await imapSerial()) === serialOf(pair) ? true : undefined,
    );
    expect(await smtpSerials()).toEqual([serialOf(pair), serialOf(pair)]);
  });
});

test('geganti serve alone takes SIGHUP, too', async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, 'geganti.yaml');
  const [first, next] = [newTestCertificate(), newTestCertificate()];
  const installed = async (pair: TestCertificate): Promise<void> => {
    await install(folder.path, pair);
    // It has given root up when it reads them again.
    for (const end of ['crt', 'key']) await chmod(join(folder.path, `tls.${end}`), 0o644);
  };
  await installed(first);
  const certificate = settingsOf(folder.path, 1);
  await writeFile(file, certificate);
  const env = { GEGANTI_DATA: join(folder.path, 'd') };
  await using server = launch({ args: ['serve', '--config', file], env });
  const line = (msg: string) =>
    waitFor(msg, () => parseLog(server.out).find((each) => each.msg === msg) ?? undefined);
  const ready = await line('ready');
  const port = JSON.parse(JSON.stringify(ready)).addresses.submission[0].port;
  const meet = async (): Promise<{ ehlo: string; serial: string | null }> => {
    const dialogue = await connectDialogue({ address: '127.0.0.1', port });
    await dialogue.expect(/^220 /);
    const ehlo = await dialogue.ask('EHLO client.test', /^250/);
    await dialogue.startTls();
    const serial = dialogue.serial();
    dialogue.destroy();
    return { ehlo, serial };
  };
  expect((await meet()).serial).toBe(serialOf(first));
  await installed(next);
  await writeFile(file, `${certificate}limits: { message: 1 MB }\ntimezone: UTC\n`);
  server.send('SIGHUP');
  expect(await line('certificate read again')).toMatchObject({ serial: serialOf(next) });
  expect(await line('settings read again')).toMatchObject({ changed: ['limits.message'] });
  expect(await line('settings that need a restart')).toMatchObject({ keys: ['timezone'] });
  expect(await meet()).toEqual({ ehlo: expect.stringContaining('SIZE 1048576'), serial: serialOf(next) });
  expect(await readFile(file, 'utf8')).toContain('1 MB');
});

test('SIGHUP in the first moments of the start kills nothing', async () => {
  let beat: NodeJS.Timeout | undefined;
  await using up = await startUp({
    started(launched) {
      // Node itself has no ear for it before the program runs.
      beat = setInterval(() => launched.out !== '' && launched.send('SIGHUP'), 10);
    },
  }).finally(() => clearInterval(beat));
  expect(up.parts().map(({ state, restarts }) => [state, restarts])).toEqual(
    up.parts().map(() => ['ready', 0]),
  );
  up.launched.send('SIGTERM');
  expect(await up.launched.ended).toMatchObject({ code: 0, err: '' });
});
