/**
 * A machine is lost and comes back: what was accepted before the backup began is there again, in mailboxes, in the spool and
 * in quarantine, users log in, the log shows it, and what waited is delivered.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStackState } from '../../src/stack/stack.ts';
import { connectDialogue, type Dialogue } from '../support/dialogue.ts';
import { doorOf, type Ended, geganti, type Launched, launch } from '../support/launcher.ts';
import { openMailbox } from '../support/mailbox.ts';
import { EICAR } from '../support/samples.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const ALI = 'ali@moh.example';
const FULL = 'penuh@moh.example';
const passwords = new Map<string, string>();

describe('a server with mail everywhere', () => {
  let folder: TempFolder;
  let server: Launched;
  const data = (): string => join(folder.path, 'd');
  const copy = (): string => join(folder.path, 'backup');
  // Without a wait for the verdict a virus is not refused but quarantined.
  const env = () => ({
    GEGANTI_DATA: data(),
    GEGANTI_DOORS_MX_VERDICT_WAIT: '0 s',
    GEGANTI_LIMITS_MESSAGES_PER_SESSION: '100000',
  });
  const say = (...args: string[]): Promise<Ended> => geganti(args, env());
  /** Subjects of what was answered 250, with the time of the answer. */
  const accepted: { subject: string; at: number }[] = [];

  async function send(dialogue: Dialogue, to: string, subject: string, content: string): Promise<void> {
    await dialogue.ask('MAIL FROM:<a@other.example>', /^250/);
    await dialogue.ask(`RCPT TO:<${to}>`, /^250/);
    await dialogue.ask('DATA', /^354/);
    await dialogue.ask(`From: a@other.example\r\nSubject: ${subject}\r\n\r\n${content}\r\n.`, /^250/);
    if (to === ALI) accepted.push({ subject, at: Date.now() });
  }

  async function connect(): Promise<Dialogue> {
    const dialogue = await connectDialogue(await doorOf(data(), 'mx'));
    await dialogue.expect(/^220 /);
    await dialogue.ask('EHLO client.test', /^250/);
    return dialogue;
  }

  async function subjects(user: string): Promise<string[]> {
    const port = readStackState(data())?.ports.imaps ?? 0;
    await using mailbox = await openMailbox({ port, user, password: passwords.get(user) ?? '' });
    const found = [...(await mailbox.messages('INBOX')), ...(await mailbox.messages('Junk'))];
    return found.map(({ subject }) => subject).sort();
  }

  beforeAll(async () => {
    folder = await tempFolder();
    server = launch({ args: ['up'], env: env() });
    await server.ready();
    await say('agency', 'add', 'moh', '--name', 'Kesihatan', '--domain', 'moh.example');
    for (const [user, ...size] of [[ALI], [FULL, '--quota', '1 MB']] as const) {
      const { out } = await say('user', 'add', user, '--name', user, '--grade', 'N29', ...size);
      passwords.set(user, /Password.*: (\S+)/.exec(out)?.[1] ?? '');
    }
    const dialogue = await connect();
    await send(dialogue, FULL, 'waits', 'x'.repeat(70).concat('\r\n').repeat(18_000));
    await send(dialogue, ALI, 'virus', EICAR);
    accepted.length = 0;
    for (let number = 0; number < 20; number++) await send(dialogue, ALI, `early ${number}`, 'Salam.');
    dialogue.destroy();
    await waitFor('the quarantine', async () =>
      (await say('quarantine', 'list')).out.includes(ALI) ? true : undefined,
    );
    await waitFor('the deferral', async () =>
      (await say('log', '--recipient', FULL)).out.includes('deferred') ? true : undefined,
    );
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test('is backed up while mail comes in, is lost, and comes back with all that was accepted before', async () => {
    const stop = new AbortController();
    const dialogue = await connect();
    const coming = (async () => {
      for (let number = 0; !stop.signal.aborted; number++)
        await send(dialogue, ALI, `late ${number}`, 'Salam.');
    })();
    const begun = Date.now();
    const made = await say('backup', '--to', copy(), '--mailboxes');
    expect(made).toMatchObject({ code: 0 });
    stop.abort();
    await coming;
    dialogue.destroy();

    server.send('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
    await rm(data(), { recursive: true });
    expect(await say('restore', '--from', copy())).toMatchObject({ code: 0 });

    server = launch({ args: ['up'], env: env() });
    await server.ready();
    const before = accepted.filter(({ at }) => at < begun).map(({ subject }) => subject);
    const there = await waitFor('what was accepted before', async () => {
      const found = await subjects(ALI);
      return before.every((subject) => found.includes(subject)) ? found : undefined;
    });
    expect(before.length).toBeGreaterThanOrEqual(20);
    const known = new Set(accepted.map(({ subject }) => subject));
    expect(there.filter((subject) => !known.has(subject))).toEqual([]);
  });

  test('what was in quarantine is there, and the log shows what happened before', async () => {
    expect((await say('quarantine', 'list')).out).toContain(ALI);
    const log = (await say('log', '--recipient', ALI, '--limit', '1000')).out;
    expect(log.match(/delivered/gi)?.length ?? 0).toBeGreaterThanOrEqual(20);
    expect(log).toContain('quarantined');
  });

  test('what waited is delivered once it can be', async () => {
    expect(await subjects(FULL)).toEqual([]);
    expect(await say('user', 'set', FULL, '--quota', '10 MB')).toMatchObject({ code: 0 });
    expect(await say('queue', 'retry', '--all')).toMatchObject({ code: 0 });
    await waitFor('the delivery', async () => ((await subjects(FULL)).includes('waits') ? true : undefined));
  });

  test('a running server is not restored over', async () => {
    const { code, err } = await say('restore', '--from', copy());
    expect([code, err]).toEqual([1, expect.stringContaining(`a server runs on ${data()}`)]);
  });

  test('nor is the data of one that is stopped, and a backup that was changed is refused', async () => {
    server.send('SIGTERM');
    await server.ended;
    expect((await say('restore', '--from', copy())).err).toContain('is not empty; move it away');
    await rm(join(copy(), 'spool', 'VERSION'));
    expect((await say('restore', '--from', copy())).err).toContain(
      'spool/VERSION: is missing; use another backup',
    );
    await rm(join(copy(), 'manifest.json'));
    expect((await say('restore', '--from', copy())).err).toContain(
      'holds no whole backup (manifest.json is missing)',
    );
  });

  test('a backup never goes into the data folder, nor over something', async () => {
    expect((await say('backup', '--to', join(data(), 'b'))).err).toContain('lies in the data folder');
    expect((await say('backup', '--to', copy())).err).toContain('is not empty; name a new folder');
  });
});
