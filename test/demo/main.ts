/**
 * `npm run demo`, beside a running server: makes two agencies with users of several grades, sends real mail down every
 * path as mail clients and other servers do, and shows what the delivery log and the mailboxes say of it.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createApiClient } from '../../src/cli/api-client.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { loadSettings } from '../../src/config/load.ts';
import { Problem } from '../../src/lib/problem.ts';
import { openMailbox } from '../support/mailbox.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Mailing, mailings } from './mailings.ts';
import { makePeople, type Person, people } from './people.ts';
import { send } from './send.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const FINAL = new Set(['delivered', 'bounced', 'quarantined', 'discarded']);

const settings = loadSettings({
  file: join(PROJECT, 'config', 'geganti.yaml'),
  env: readEnvironment(),
  isRoot: process.getuid?.() === 0,
  projectFolder: PROJECT,
  hostname: hostname(),
});
const api = createApiClient(() => settings.services.api);

process.exitCode = await run().catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`demo: ${error.message}\n`);
  return 1;
});

async function run(): Promise<number> {
  say('Agencies and users');
  const passwords = await makePeople(api);
  for (const { address, grade, scheme } of people) say(`  ${address.padEnd(20)} ${grade} (${scheme})`);

  say('\nMail');
  const endings: Ending[] = [];
  for (const mailing of mailings) endings.push(await mail(mailing, passwords));

  say('\nMailboxes over IMAP');
  for (const person of people) await showMailbox(person, passwords.get(person.address) ?? '');

  say('');
  const ways = ['delivered', 'refused', 'junk', 'quarantined'] as const;
  for (const way of ways) {
    const found = endings.filter((ending) => ending.way === way);
    say(`${way.padEnd(12)} ${found.length}: ${found.map((ending) => ending.what).join('; ') || 'none'}`);
  }
  const wrong = endings.filter((ending) => ending.way !== ending.expected);
  for (const { what, way, expected } of wrong) say(`NOT AS EXPECTED: ${what} was ${way}, not ${expected}`);
  return wrong.length === 0 ? 0 : 1;
}

interface Ending {
  readonly what: string;
  readonly way: string;
  readonly expected: string;
}

/** Sends one, follows it to its end, and prints what the delivery log tells. */
async function mail(mailing: Mailing, passwords: ReadonlyMap<string, string>): Promise<Ending> {
  const { what, expected, door, from } = mailing;
  const login = door === 'mx' ? null : { user: from, password: passwords.get(from) ?? '' };
  const answer = await send({ ...mailing, port: settings.doors[door].port, login });
  say(`  ${what}: ${from} to ${mailing.to.join(', ')}, port ${settings.doors[door].port}`);
  say(`    answer: ${answer.text}`);
  if (answer.id === null) return { what, expected, way: 'refused' };

  const events = await waitFor(`the end of ${answer.id}`, async () => {
    const { events: found } = await api.get<{ events: readonly LogEvent[] }>(`/log/messages/${answer.id}`);
    return found.filter((event) => FINAL.has(event.kind)).length >= mailing.to.length ? found : undefined;
  });
  for (const event of events) say(`    log: ${event.at.slice(11, 23)} ${event.kind} ${detail(event)}`);
  const last = events.find((event) => FINAL.has(event.kind));
  return { what, expected, way: last?.folder === 'Junk' ? 'junk' : (last?.kind ?? 'lost') };
}

interface LogEvent {
  readonly kind: string;
  readonly at: string;
  readonly recipient?: string;
  readonly folder?: string;
  readonly reason?: string;
  readonly reply?: string;
  readonly verdict?: { readonly kind: string; readonly signature: string | null; readonly score: number };
}

function detail({ recipient, folder, reason, verdict, reply }: LogEvent): string {
  const found =
    verdict && `${verdict.kind}, score ${verdict.score}${verdict.signature ? `, ${verdict.signature}` : ''}`;
  return [found, recipient, folder, reason, reply].filter((part) => part !== undefined).join(' · ');
}

async function showMailbox({ address }: Person, password: string): Promise<void> {
  await using mailbox = await openMailbox({ port: settings.stack.imap.tlsPort, user: address, password });
  const { limitBytes, usedBytes } = await mailbox.quota();
  say(
    `  ${address.padEnd(20)} ${Math.round(limitBytes / 1024 ** 2)} MB, ${Math.ceil(usedBytes / 1024)} kB used`,
  );
  for (const folder of ['INBOX', 'Junk']) {
    for (const message of await mailbox.messages(folder)) say(`    ${folder.padEnd(6)} ${message.subject}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
