/** The geganti command and the API understand each other: every command line is taken by the real API. */
import { expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { ID, keptMessage, startSmallServer, waitingMessage } from './api-stand-ins.ts';
import { begin, DELIVERED, run } from './cli-stand-ins.ts';

const FILTERS =
  '--sender <> --recipient @moh.example --address a@moh.example --message-id 1@x --client 10.0.0.5 --agency moh --since 2d --until now --reason spam --text no';
const LINES = [
  'status',
  'agency add moh --name H --domain moh.example --quota 2GB --scheme sspa',
  'agency list',
  'agency show moh',
  'agency set moh --name KKM --quota default --add-domain hq.moh.example',
  'user add ali@moh.example --name Ali --grade N29 --quota 2GB --administrator',
  'user list',
  'user list --agency moh',
  'user show ali@moh.example',
  'user set ali@moh.example --name A --grade N32 --quota default --no-administrator',
  'user disable ali@moh.example',
  'user enable ali@moh.example',
  'user password ali@moh.example',
  'token add prometheus --right metrics --expires 90d',
  'token add console --right operator',
  'token list',
  'token remove console',
  'log',
  `log ${FILTERS} --outcome bounced`,
  `log --id ${ID} --outcome bounced --outcome discarded --limit 5`,
  'log --all --csv',
  `log show ${ID}`,
  'queue list',
  'queue list --sender @moh.example --recipient siti@moh.example --held --stage scan --limit 5',
  `queue show ${ID}`,
  `queue retry ${ID}`,
  'queue hold --all',
  'queue release --all',
  'queue drop --stage deliver --yes',
  'quarantine list',
  'quarantine list --agency moh --reason virus --sender @moh.example --recipient siti@moh.example --limit 5',
  `quarantine list --since 7d --older 1h --after 1.${ID}`,
  `quarantine show ${ID}`,
  `quarantine release ${ID} --to siti@moh.example --force`,
  `quarantine delete ${ID}`,
  'quarantine delete --reason spam --yes',
];

test('every command line is taken, and does what it says', async () => {
  await using server = await startSmallServer();
  server.waiting.push(waitingMessage(ID));
  server.kept.push(keptMessage(ID));
  for (const line of LINES) {
    const { code, err } = await run(server.path, line.split(' '));
    expect(code, `${line}: ${err}`).toBe(0);
  }
  expect(server.acts).toEqual([
    `retry ${ID} by operator`,
    `hold ${ID} by operator`,
    `drop ${ID} by operator`,
    `release ${ID} to siti@moh.example by operator`,
    `purge ${ID} by operator`,
  ]);
});

test('what the API refuses is said in its words', async () => {
  await using server = await startSmallServer();
  server.kept.push(keptMessage(ID));
  const release = await run(server.path, ['quarantine', 'release', ID]);
  expect(release.code).toBe(1);
  expect(release.err).toMatch(/^geganti: .*infected.*\n$/);
  const unknown = await run(server.path, ['log', 'show', 'm1', '--json']);
  expect(JSON.parse(unknown.err)).toEqual({ problem: expect.stringContaining('m1') });
  server.away = 'the receiver does not answer';
  expect((await run(server.path, ['queue', 'list'])).err).toMatch(/^geganti: .*\n$/);
});

test('log -f follows the real API until that stops', async () => {
  await using server = await startSmallServer();
  const { seen, done } = begin(server.path, ['log', '-f', '--recipient', '@moh.example', '--since', '2d']);
  const { at: _at, event: _event, ...delivered } = DELIVERED;
  server.trace.record(JSON.parse(JSON.stringify(delivered)));
  await waitFor('the event', () => (seen.out.includes('Delivered to siti') ? true : undefined));
  await server.stop();
  expect(await done).toBe(1);
  expect(seen.err).toContain('geganti: log: the server has ended the live log\n');
});
