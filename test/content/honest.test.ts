/** The honest corpus and the clean twins through the real doors and scanners: all of it lands in the mailbox, octet for octet. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/http/resources.ts';
import { octets } from './build-message.ts';
import { TWINS } from './cases.ts';
import { HONEST } from './honest.ts';
import { eventsBySender, idsIn, type Office, openOffice, type Post } from './posting.ts';
import type { Honest } from './sample.ts';

const SAMPLES = [...HONEST, ...TWINS];
const MINUTES = 10;
/** What we and Dovecot put above a message. */
const OURS = /^(?:Received|Return-Path|Delivered-To|Authentication-Results|X-Spam[\w-]*|X-Geganti-[\w-]+)$/;

let office: Office;
let posts: readonly Post<Honest>[];
let events: ReadonlyMap<string, readonly RecordedEvent[]>;
let received: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  office = await openOffice();
  posts = await office.postAll(SAMPLES);
  const { running } = office;
  for (const { answer } of posts) if (answer.id) await running.ended(answer.id, 1);
  events = eventsBySender(running.data);
  await using mailbox = await running.mailbox(office.recipient);
  const found = await mailbox.messages('INBOX');
  received = new Map(
    found.flatMap(({ source }) => idsIn([headerOf(source)]).map((id) => [id, source] as const)),
  );
}, MINUTES * 60_000);
afterAll(() => office?.[Symbol.asyncDispose]());

const headerOf = (source: Buffer): string =>
  source.toString('latin1', 0, Math.max(0, source.indexOf('\r\n\r\n')));

const failing = (fails: (post: Post<Honest>) => string | null): string[] =>
  posts.flatMap((post) => {
    const why = fails(post);
    return why === null ? [] : [`${post.sample.name} at ${post.door}: ${why}`];
  });

test('all are accepted', () => {
  expect(failing(({ answer }) => (answer.id === null ? answer.reply : null))).toEqual([]);
});

test('all are delivered to the inbox', () => {
  const ends = failing(({ sender }) => {
    const told = events.get(sender) ?? [];
    const last = told.at(-1);
    if (last?.kind === 'delivered' && last.folder === 'INBOX') return null;
    return JSON.stringify([told.find(({ kind }) => kind === 'scanned'), last]);
  });
  expect(ends).toEqual([]);
});

test('nothing is noted of them but what is sealed', () => {
  const noted = failing(({ sample, sender }) => {
    const scanned = events.get(sender)?.find(({ kind }) => kind === 'scanned');
    const findings = scanned?.kind === 'scanned' ? (scanned.verdict.findings ?? []) : [];
    const others = findings.filter(({ reason }) => reason !== sample.observed);
    return others.length > 0 ? JSON.stringify(others) : null;
  });
  expect(noted).toEqual([]);
});

test('their octets are unchanged below our own header lines', () => {
  const changed = failing((post) => {
    const sent = octets(office.contentOf(post));
    const source = received.get(post.id);
    if (!source) return 'is not there';
    if (!source.subarray(-sent.length).equals(sent)) return 'is not what was sent';
    const above = source.toString('latin1', 0, source.length - sent.length);
    const names = above.match(/^[A-Za-z-]+(?=:)/gm) ?? [];
    const foreign = names.filter((name) => !OURS.test(name));
    return foreign.length > 0 ? `has ${foreign.join(', ')} above it` : null;
  });
  expect(changed).toEqual([]);
});
