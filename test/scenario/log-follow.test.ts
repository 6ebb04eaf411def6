/** Who follows the log with the real command gets all of it while mail comes fast, at whatever speed he reads. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FollowLine, RecordedEvent } from '../../src/http/resources.ts';
import { runLoad } from '../bench/load.ts';
import { logLines, type Running, startRunning } from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'geganti');
const SENDER = 'wong@partner.example';
const USERS = ['aminah', 'badrul', 'chong', 'devi'].map((name) => `${name}@moh.example`);
const [AMINAH = '', BADRUL = ''] = USERS;
/** Some seconds of it. */
const MESSAGES = 4_000;
const READS_FOR_MS = 150;
const PAUSES_FOR_MS = 400;

let running: Running;
beforeAll(async () => {
  running = await startRunning({
    GEGANTI_DISCARD: 'true',
    GEGANTI_DOORS_MX_MAX_CONNECTIONS_PER_ADDRESS: '200',
  });
  for (const address of USERS) await running.addUser({ address });
});
afterAll(() => running?.[Symbol.asyncDispose]());

interface Follower extends AsyncDisposable {
  readonly identities: string[];
  readonly notices: string[];
}

/** A reader that stops now and then, so that the pipe is full. Resolves when it is being told. */
async function follow(filter: readonly string[], reads: 'at once' | 'with pauses'): Promise<Follower> {
  const child: ChildProcess = spawn(COMMAND, ['log', '-f', '--json', ...filter], {
    env: { PATH: process.env.PATH, GEGANTI_DATA: running.data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const identities: string[] = [];
  const notices: string[] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.map((each): FollowLine => JSON.parse(each))) {
      if ('notice' in line) notices.push(line.notice);
      else identities.push(line.event);
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const turn = (pause: boolean): void => {
    if (pause) child.stdout?.pause();
    else child.stdout?.resume();
    timer = setTimeout(() => turn(!pause), pause ? PAUSES_FOR_MS : READS_FOR_MS);
  };
  // What was before is told first: from then on nothing may be missing.
  await waitFor('the first event', () => (identities.length > 0 ? true : undefined));
  if (reads === 'with pauses') turn(true);
  return {
    identities,
    notices,
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // It may stand in a write to us.
      child.stdout?.destroy();
      child.kill();
      await ended;
    },
  };
}

function concerns(event: RecordedEvent, recipient: string): boolean {
  if (event.kind === 'accepted') return event.recipients.some(({ address }) => address === recipient);
  return 'recipient' in event && event.recipient === recipient;
}

test('every event once, with and without a filter, also to a reader that pauses', async ({ annotate }) => {
  const load = { port: await running.port('mx'), connections: 16, sizeBytes: 2_000, sender: SENDER };
  await runLoad({ ...load, count: USERS.length, recipients: USERS });
  await using quick = await follow([], 'at once');
  await using slow = await follow([], 'with pauses');
  await using one = await follow(['--recipient', AMINAH], 'at once');
  await using other = await follow(['--recipient', BADRUL, '--outcome', 'discarded'], 'with pauses');

  const { accepted, perSecond, refused } = await runLoad({ ...load, count: MESSAGES, recipients: USERS });
  expect([accepted, ...refused]).toEqual([MESSAGES]);
  const sent = performance.now();
  const lines = await waitFor('the last line', () => {
    const found = logLines(running.data);
    return found.length >= 2 * (MESSAGES + USERS.length) ? found : undefined;
  });
  const wanted: [string, Follower, (event: RecordedEvent) => boolean][] = [
    ['quick', quick, () => true],
    ['slow', slow, () => true],
    ['one recipient', one, (event) => concerns(event, AMINAH)],
    ['one recipient and outcome', other, (event) => event.kind === 'discarded' && concerns(event, BADRUL)],
  ];
  const behind: string[] = [];
  for (const [name, follower, fits] of wanted) {
    const expected = lines.filter(fits).map(({ event }) => event);
    await waitFor(`all of it: ${name}`, () =>
      follower.identities.length >= expected.length ? true : undefined,
    );
    behind.push(`${name} after ${((performance.now() - sent) / 1000).toFixed(1)} s`);
    expect(follower.identities.toSorted(), name).toEqual(expected.sort());
    expect(follower.notices, name).toEqual([]);
  }
  await annotate(`${perSecond.toFixed(0)} messages/s accepted; all told: ${behind.join(', ')}`);
});
