/**
 * One of the server's own processes dies, starts with much to read, or is told to stop: how long clients are turned away,
 * that nobody waits for what cannot come, and that every client has its answer.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canConnect } from '../../src/lib/can-connect.ts';
import { connectDialogue, type Dialogue } from '../support/dialogue.ts';
import { freePort } from '../support/free-port.ts';
import { launch } from '../support/launcher.ts';
import { openMailbox } from '../support/mailbox.ts';
import {
  finals,
  letterText,
  logLines,
  type Running,
  type RunningUser,
  startRunning,
} from '../support/running.ts';
import { openSpool, store } from '../support/spooling.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { parseLog, startUp } from '../support/up.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';

test('a client that connects while a long spool is read back waits for its banner and is not refused', async () => {
  const messages = 20_000;
  await using folder = await tempFolder();
  const data = join(folder.path, 'd');
  {
    const { spool } = await openSpool(join(data, 'spool'), { settings: { segmentBytes: 64 * 1024 * 1024 } });
    await using _ = spool;
    let left = messages;
    const fill = async (): Promise<void> => {
      while (left-- > 0) await store(spool, 500);
    };
    await Promise.all(Array.from({ length: 200 }, fill));
  }
  const port = await freePort();
  const env = { GEGANTI_DATA: data, GEGANTI_DOORS_MX_PORT: String(port) };
  await using server = launch({ args: ['serve', '--roles', 'receive'], env });
  await waitFor('the port', async () => ((await accepts(port)) ? true : undefined));
  const said = (msg: string) => parseLog(server.out).find((line) => line.msg === msg);
  expect(said('ready')).toBeUndefined();
  const dialogue = await connectDialogue({ address: '127.0.0.1', port });
  await dialogue.expect(/^220 /);
  dialogue.destroy();
  const readBack = await waitFor('the line', () => said('spool read back'));
  expect(readBack).toMatchObject({ messages });
  console.info(`${messages} messages read back in ${readBack.tookMs} ms`);
});

describe('a process of the server dies', () => {
  let running: Running;
  let aminah: RunningUser;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    // Longer than a dialogue waits for a reply.
    const env = { GEGANTI_DOORS_MX_PORT: String(port), GEGANTI_DOORS_MX_VERDICT_WAIT: '60 s' };
    running = await startRunning(env);
    aminah = await running.addUser({ address: 'aminah@moh.example' });
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

  async function send(subject: string): Promise<string> {
    const content = letterText(WONG, subject);
    const { id, reply } = await running.send({ door: 'mx', from: WONG, to: [aminah], content });
    if (!id) throw new Error(`refused: ${reply}`);
    return id;
  }

  function pause(name: string): Disposable {
    const { pid } = running.part(name);
    if (pid === null) throw new Error(`${name} does not run`);
    process.kill(-pid, 'SIGSTOP');
    return { [Symbol.dispose]: () => void process.kill(-pid, 'SIGCONT') };
  }

  test('the worker, in the middle of scans: who waits for a verdict is let go at once, and mail flows again', async () => {
    const { pid } = running.part('work');
    let ids: string[];
    {
      using _ = pause('clamd');
      const answers = [1, 2, 3].map((number) => send(`semasa ${number}`));
      await waitFor('the scans', async () =>
        (await running.status()).queue?.running === 3 ? true : undefined,
      );
      const begun = performance.now();
      running.kill('work');
      ids = await Promise.all(answers);
      console.info(`answered ${Math.round(performance.now() - begun)} ms after the worker's death`);
      // Nobody is there who could say, or clamd does not.
      ids.push(await send('tanpa pekerja'));
    }
    for (const id of ids) await running.ended(id, 1);
    expect(running.part('work').pid).not.toBe(pid);
  });

  test('the worker, before it has taken anything: the same', async () => {
    const { pid } = running.part('work');
    pause('work');
    const numbers = [1, 2, 3];
    const answers = numbers.map((number) => send(`sebelum ${number}`));
    await waitFor('the messages in the spool', () => {
      const text = spoolText(running.data);
      return numbers.every((number) => text.includes(`Subject: sebelum ${number}`)) ? true : undefined;
    });
    running.kill('work');
    for (const id of await Promise.all(answers)) await running.ended(id, 1);
    expect(running.part('work').pid).not.toBe(pid);
  });

  test('the receiver: clients are refused for a moment, the worker stays and goes on', async () => {
    const worker = running.part('work').pid;
    const id = await send('sebelum jatuh');
    const begun = performance.now();
    running.kill('receive');
    await waitFor('a banner', async () => {
      const dialogue = await connectDialogue({ address: '127.0.0.1', port });
      return await dialogue.expect(/^220 /).finally(() => dialogue.destroy());
    });
    console.info(`the door was open again ${Math.round(performance.now() - begun)} ms after kill -9`);
    const next = await waitFor('the worker to find it', () => send('selepas jatuh'));
    for (const each of [id, next]) await running.ended(each, 1);
    expect(running.part('work').pid).toBe(worker);
  });
});

test('told to stop under load: every client has an answer, and the next start repeats nothing', async () => {
  await using up = await startUp({});
  const aminah = await up.addUser('aminah@moh.example');
  const idle = await up.connect('mx');
  const clients = await Promise.all(
    Array.from({ length: 8 }, (_, n) => up.connect(n % 2 ? 'submission' : 'mx', n % 2 ? aminah : undefined)),
  );
  const accepted = new Map<string, string>();
  const flows = clients.map((dialogue, n) =>
    sendUntilStopped(dialogue, n, [n % 2 ? aminah : WONG, aminah], accepted),
  );
  await waitFor('mail to flow', () => (accepted.size > 16 ? true : undefined));
  const begun = performance.now();
  up.launched.send('SIGTERM');
  const last = await Promise.all(flows);
  await idle.expect(/^421[- ]4\.3\.2/);
  expect(await up.launched.ended).toMatchObject({ code: 0, err: '' });
  const tookMs = Math.round(performance.now() - begun);
  for (const reply of last) expect(reply).toMatch(/^(?:250|421|451)/);
  const finished = finals(logLines(up.data)).length;
  console.info(`stopped in ${tookMs} ms: ${accepted.size} accepted, ${finished} of them delivered`);

  const settings = join(up.folder, 'geganti.yaml');
  await using again = launch({ args: ['up', '--config', settings], env: { GEGANTI_DATA: up.data } });
  await again.ready();
  await waitFor('the rest', () => {
    const done = new Set(finals(logLines(up.data)).map(({ id }) => id));
    return [...accepted.values()].every((id) => done.has(id)) ? true : undefined;
  });
  const mailbox = { port: up.imapsPort, user: aminah.address, password: aminah.password };
  await using reader = await openMailbox(mailbox);
  const found = [...(await reader.headers('INBOX')), ...(await reader.headers('Junk'))];
  expect(found.map(({ subject }) => subject).sort()).toEqual([...accepted.keys()].sort());
  again.send('SIGTERM');
  expect(await again.ended).toMatchObject({ code: 0 });
});

function accepts(port: number): Promise<boolean> {
  return canConnect({ kind: 'tcp', host: '127.0.0.1', port });
}

function spoolText(data: string): string {
  const folder = join(data, 'spool', 'segments');
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');
}

/** Resolves with the reply that ended it; fails when a message that was sent whole has none. */
async function sendUntilStopped(
  dialogue: Dialogue,
  number: number,
  [from, to]: readonly [RunningUser | string, RunningUser],
  accepted: Map<string, string>,
): Promise<string> {
  const sender = typeof from === 'string' ? from : from.address;
  for (let count = 0; ; count++) {
    const subject = `henti ${number}.${count}`;
    for (const line of [`MAIL FROM:<${sender}>`, `RCPT TO:<${to.address}>`, 'DATA']) {
      const reply = await dialogue.ask(line, /^\d{3}/);
      if (!/^[23]/.test(reply)) return reply;
    }
    await dialogue.send(`${letterText(from, subject)}.\r\n`);
    const reply = await dialogue.expect(/^\d{3}/);
    const id = /\bm[0-9a-z]{17}\b/.exec(reply)?.[0];
    if (!reply.startsWith('250') || !id) return reply;
    accepted.set(subject, id);
  }
}
