import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { address, envelope, recipient, submittedBy, verdict } from '../../test/support/messages.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { CommitResult } from '../spool/spool.ts';
import type { TraceEvent } from '../trace/events.ts';
import { createQuarantine } from './disk-quarantine.ts';
import type { NewItem } from './quarantine.ts';
import { createReleases } from './release.ts';

const CONTENT = 'Subject: x\r\n\r\nbody\r\n';
const [a, b] = [address('a@moh.example'), address('B@moh.example')];
const SPAM: Partial<NewItem> = { reason: 'spam', verdict: verdict('spam') };
const INFECTED: Partial<NewItem> = { reason: 'virus', verdict: verdict('infected', { signature: 'Eicar' }) };
const by = 'root';

async function setUp(path: string, item: Partial<NewItem> = SPAM, changes: Partial<Envelope> = {}) {
  const settings = { keepMs: 1_000_000, keepUndeliverableMs: 1_000_000 };
  const folder = join(path, 'quarantine');
  const real = await createQuarantine({ folder, settings, clock: systemClock, log: silentLog });
  const kept = envelope([a, b, 'c@moh.example'], { length: CONTENT.length }, changes);
  const given = { envelope: kept, recipients: [a, b], reason: 'spam', verdict: null, detail: '' } as const;
  await real.keep({ ...given, ...item }, Readable.from([CONTENT], { objectMode: false }));

  const order: string[] = [];
  const entered: { envelope: Envelope; content: string }[] = [];
  const events: TraceEvent[] = [];
  const plan: { commit: CommitResult['kind']; removeFails: boolean } = {
    commit: 'stored',
    removeFails: false,
  };
  const releases = createReleases({
    quarantine: {
      ...real,
      async remove(id, recipients) {
        order.push('removed');
        if (plan.removeFails) throw new Error('EIO');
        return real.remove(id, recipients);
      },
    },
    async enter(message, content) {
      const octets = await text(content);
      if (plan.commit !== 'stored') return { kind: plan.commit };
      order.push('entered');
      entered.push({ envelope: message, content: octets });
      return { kind: 'stored' };
    },
    trace: {
      record: (event) => void events.push(event),
      async flush() {
        order.push('flushed');
      },
    },
    clock: systemClock,
    log: silentLog,
  });
  return { quarantine: real, releases, kept, id: kept.id, order, entered, events, plan };
}

describe('a release', () => {
  test('is a new message with the same octets that names the kept one, entered before that one goes', async () => {
    await using temp = await tempFolder();
    const login = submittedBy('ali@moh.example');
    const { quarantine, releases, kept, id, order, entered, events } = await setUp(temp.path, SPAM, {
      ...login,
      claimsOurDomain: true,
    });
    const result = await releases.release(id, null, { by, force: false });
    if (result.kind !== 'released') throw new Error(result.problem);
    expect(order).toEqual(['entered', 'flushed', 'removed']);
    expect(entered).toEqual([
      {
        content: CONTENT,
        envelope: {
          ...kept,
          id: result.message,
          door: 'internal',
          client: null,
          receivedAt: expect.any(Number),
          recipients: [recipient(a), recipient(b)],
          parent: id,
          release: { by, force: false },
        },
      },
    ]);
    expect(result.message).not.toBe(id);
    const marked = { by, force: false, reason: 'spam' };
    expect(events).toEqual([{ kind: 'released', id, recipients: [a, b], child: result.message, ...marked }]);
    expect(await quarantine.get(id)).toBe(null);
    await quarantine[Symbol.asyncDispose]();
  });

  test('to some leaves the item to the others', async () => {
    await using temp = await tempFolder();
    const { quarantine, releases, id, entered } = await setUp(temp.path);
    expect(await releases.release(id, ['b@MOH.example'], { by, force: false })).toMatchObject({
      kind: 'released',
    });
    expect(entered[0]?.envelope.recipients).toEqual([recipient(b)]);
    expect((await quarantine.get(id))?.recipients).toEqual([a]);
    expect(await releases.release(id, [a], { by, force: false })).toMatchObject({ kind: 'released' });
    expect(await quarantine.get(id)).toBe(null);
    await quarantine[Symbol.asyncDispose]();
  });

  const refusals: [string, Partial<NewItem>, string[] | null, boolean, string | null][] = [
    ['infected mail', INFECTED, null, false, 'holds Eicar; it is released only with force'],
    ['infected mail by force', INFECTED, null, true, null],
    [
      'a virus that was kept for another reason',
      { verdict: verdict('infected', { signature: null }) },
      null,
      false,
      'holds a virus',
    ],
    ['what cannot be scanned', { reason: 'unscannable', verdict: verdict('unscannable') }, null, false, null],
    ['what cannot be delivered', { reason: 'undeliverable', verdict: verdict('clean') }, null, false, null],
    ['nobody', SPAM, [], false, 'recipients: there are none'],
    [
      'one that it was not kept from',
      SPAM,
      [a, 'c@moh.example'],
      false,
      'was not kept from c@moh.example; it was from',
    ],
    ['what is no address', SPAM, ['\u001b[2Jx'], true, 'was not kept from'],
  ];
  for (const [name, item, recipients, force, problem] of refusals) {
    test(`of ${name} ${problem === null ? 'is done' : 'is refused in one line, and nothing happens'}`, async () => {
      await using temp = await tempFolder();
      const { quarantine, releases, id, order } = await setUp(temp.path, item);
      const result = await releases.release(id, recipients, { by, force });
      if (problem === null) expect(result.kind).toBe('released');
      else {
        expect(result).toEqual({ kind: 'refused', problem: expect.stringContaining(problem) });
        expect('problem' in result && result.problem).toMatch(/^[\x20-\x7e]+$/);
        expect([order, (await quarantine.get(id))?.recipients]).toEqual([[], [a, b]]);
      }
      await quarantine[Symbol.asyncDispose]();
    });
  }

  for (const commit of ['full', 'failed'] as const) {
    test(`that the spool does not take (${commit}) leaves the message in quarantine`, async () => {
      await using temp = await tempFolder();
      const { quarantine, releases, id, order, events, plan } = await setUp(temp.path);
      plan.commit = commit;
      const result = await releases.release(id, null, { by, force: false });
      expect(result).toMatchObject({
        kind: 'refused',
        problem: expect.stringContaining('stays in quarantine'),
      });
      expect([order, events, (await quarantine.get(id))?.recipients]).toEqual([[], [], [a, b]]);
      await quarantine[Symbol.asyncDispose]();
    });
  }

  test('whose item cannot be removed is a release all the same', async () => {
    await using temp = await tempFolder();
    const { quarantine, releases, id, entered, plan } = await setUp(temp.path);
    plan.removeFails = true;
    expect(await releases.release(id, null, { by, force: false })).toMatchObject({ kind: 'released' });
    expect(entered).toHaveLength(1);
    await quarantine[Symbol.asyncDispose]();
  });

  test('that two ask for at once is done once', async () => {
    await using temp = await tempFolder();
    const { quarantine, releases, id, entered } = await setUp(temp.path);
    const ask = () => releases.release(id, null, { by, force: false });
    const results = await Promise.all([ask(), ask()]);
    expect(results.map(({ kind }) => kind)).toEqual(['released', 'absent']);
    expect(entered).toHaveLength(1);
    await quarantine[Symbol.asyncDispose]();
  });
});

test('a purge is in the log before the item goes, and gives back what went', async () => {
  await using temp = await tempFolder();
  const { quarantine, releases, id, order, events } = await setUp(temp.path, INFECTED);
  const item = await quarantine.get(id);
  expect(await releases.purge(id, by)).toEqual({ kind: 'purged', item });
  expect(order).toEqual(['flushed', 'removed']);
  expect(events).toEqual([{ kind: 'purged', id, recipients: [a, b], by }]);
  expect(await releases.purge(id, by)).toEqual({
    kind: 'absent',
    problem: `no message ${id} is in quarantine`,
  });
  await quarantine[Symbol.asyncDispose]();
});
