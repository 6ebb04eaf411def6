import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { address, envelope } from '../../test/support/messages.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Log, silentLog } from '../lib/log.ts';
import { Away } from '../lib/problem.ts';
import type { Address } from '../mail/address.ts';
import type { AgencyId, Envelope, UserId } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { CommitResult } from '../spool/spool.ts';
import { MAX_LINES } from './digest-plan.ts';
import { createDigests, type DigestsDeps, startDigests } from './digests.ts';
import { entryOf, lastKeptFirst } from './entry.ts';
import type { QuarantineItem } from './quarantine.ts';

/** 07:30 in Kuala Lumpur. */
const DUE = Date.UTC(2026, 10, 23, 23, 30);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const signal = new AbortController().signal;

async function setUp() {
  const temp = await tempFolder();
  const world = {
    now: DUE - HOUR,
    items: [] as QuarantineItem[],
    sent: [] as { to: string; ids: string[]; text: string }[],
    entered: [] as Envelope[],
    reports: [] as string[],
    answer: (_to: Address): CommitResult['kind'] | Error => 'stored',
    noMailbox: new Set<string>(),
    settings: { digestAt: { hour: 7, minute: 30 } as DigestsDeps['settings']['digestAt'] },
  };
  const clock: Clock = { ...systemClock, now: () => world.now, elapsedMs: () => world.now };
  const log: Log = { ...silentLog, error: (facts) => void world.reports.push(JSON.stringify(facts)) };
  const deps: DigestsDeps = {
    folder: temp.path,
    quarantine: {
      entries: async () => world.items.map(entryOf).sort(lastKeptFirst),
      get: async (id: MessageId) => world.items.find((item) => item.envelope.id === id) ?? null,
      settled: async () => world.now - 1,
    },
    async findMailbox(one) {
      if (one.includes('+') || world.noMailbox.has(one)) return null;
      return { address: one, userId: `u-${one}` as UserId, agencyId: 'moh' as AgencyId, active: true };
    },
    async enter(message, content) {
      const octets = await text(content);
      const [to] = message.recipients;
      if (!to) throw new Error('nobody');
      const answer = world.answer(to.address);
      if (answer instanceof Error) throw answer;
      if (answer !== 'stored') return { kind: answer };
      expect(octets.length).toBe(message.sizeBytes);
      world.entered.push(message);
      world.sent.push({ to: to.address, ids: octets.match(/\bm[0-9a-z]{17}\b(?!@)/g) ?? [], text: octets });
      return { kind: 'stored' };
    },
    settings: world.settings,
    hostname: 'mail.moh.example',
    timezone: 'Asia/Kuala_Lumpur',
    clock,
    log,
  };
  const keep = (to: string[], changes: Partial<QuarantineItem> = {}): MessageId => {
    const users = to.map((one) => one.replace(/\+\w+/, ''));
    const message = envelope(to, { length: 10 });
    const recipients = message.recipients.map((one, i) => ({ ...one, userId: `u-${users[i]}` as UserId }));
    world.items.push({
      envelope: { ...message, recipients },
      recipients: to.map(address),
      reason: 'external-storage',
      verdict: null,
      detail: '',
      keptAt: world.now,
      expiresAt: world.now + 30 * DAY,
      head: { from: 'Ali <ali@partner.example>', subject: 'Laporan' },
      ...changes,
    });
    return message.id;
  };
  const digests = () => createDigests(deps);
  /** As after a start. */
  const look = async (at: number) => {
    world.now = at;
    return await digests().look(signal);
  };
  const told = (): string[] => world.sent.splice(0).map(({ to, ids }) => `${to}: ${ids.join(' ')}`);
  return {
    ...temp,
    world,
    deps,
    keep,
    digests,
    look,
    told,
    state: () => readFile(join(temp.path, '.digest.json'), 'utf8'),
  };
}

describe('a digest', () => {
  test('goes once a day to each who is kept from something, and to nobody else', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const first = t.keep(['siti@moh.example', 'omar@moh.example']);
    await t.look(DUE - 1);
    expect(t.told()).toEqual([]);
    await t.look(DUE);
    expect(t.told()).toEqual([`omar@moh.example: ${first}`, `siti@moh.example: ${first}`]);
    expect(t.world.entered[0]).toMatchObject({ door: 'internal', sender: null, login: null, parent: null });
    await t.look(DUE + HOUR);
    expect(t.told()).toEqual([]);
    t.world.now = DUE + 2 * HOUR;
    const second = t.keep(['siti@moh.example']);
    await t.look(DUE + DAY);
    expect(t.told()).toEqual([`siti@moh.example: ${second}`]);
    await t.look(DUE + 2 * DAY);
    expect(t.told()).toEqual([]);
  });

  test('comes later, and once, from a server that was down for days', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const ids = [0, 1, 2].map((day) => {
      t.world.now = DUE + day * DAY - MINUTE;
      return t.keep(['siti@moh.example']);
    });
    await t.look(DUE + 3 * DAY + 5 * HOUR);
    expect(t.told()).toEqual([`siti@moh.example: ${ids.reverse().join(' ')}`]);
    await t.look(DUE + 3 * DAY + 6 * HOUR);
    expect(t.told()).toEqual([]);
  });

  test('is not sent when it is off, and takes a change of its time at once', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    t.keep(['siti@moh.example']);
    t.world.settings.digestAt = null;
    await t.look(DUE + HOUR);
    expect(t.told()).toEqual([]);
    t.world.settings.digestAt = { hour: 9, minute: 0 };
    await t.look(DUE + 1.5 * HOUR);
    expect(t.told()).toHaveLength(1);
  });

  test('of a first start tells nothing of what was kept before the last time it would have been due', async () => {
    await using t = await setUp();
    t.world.now = DUE - DAY - 1;
    t.keep(['siti@moh.example']);
    t.world.now = DUE - HOUR;
    const id = t.keep(['siti@moh.example']);
    await t.look(DUE - MINUTE);
    await t.look(DUE);
    expect(t.told()).toEqual([`siti@moh.example: ${id}`]);
  });

  test('is one for a mailbox, whatever addresses of it were written to', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const both = t.keep(['siti+projek@moh.example', 'siti@moh.example']);
    const detail = t.keep(['siti+projek@moh.example'], { keptAt: DUE - 30 * MINUTE });
    await t.look(DUE);
    expect(t.told()).toEqual([`siti@moh.example: ${detail} ${both}`]);
  });

  test('counts viruses and lists none; of ours that came back it says nothing', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    t.keep(['siti@moh.example'], { reason: 'virus' });
    const notice = t.keep(['omar@moh.example'], { reason: 'undeliverable' });
    const kept = t.world.items.find(({ envelope: { id } }) => id === notice);
    if (kept) Object.assign(kept.envelope, { door: 'internal', sender: null });
    await t.look(DUE);
    expect(t.world.sent.map(({ to, ids }) => [to, ids])).toEqual([['siti@moh.example', []]]);
    expect(t.world.sent[0]?.text).toMatch(/virus/);
  });

  test('tells who was added to a kept message later, and not again the others', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const id = t.keep(['omar@moh.example', 'siti@moh.example'], {
      recipients: [address('siti@moh.example')],
    });
    await t.look(DUE);
    expect(t.told()).toEqual([`siti@moh.example: ${id}`]);
    const [item] = t.world.items;
    if (!item) throw new Error('nothing kept');
    const omar = address('omar@moh.example');
    t.world.items = [
      { ...item, recipients: [...item.recipients, omar], later: [{ address: omar, keptAt: DUE + HOUR }] },
    ];
    await t.look(DUE + DAY);
    expect(t.told()).toEqual([`omar@moh.example: ${id}`]);
  });

  test(`lists ${MAX_LINES} and counts the rest`, async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    for (let n = 0; n < MAX_LINES + 7; n++) t.keep(['siti@moh.example']);
    await t.look(DUE);
    expect(t.world.sent[0]?.ids).toHaveLength(MAX_LINES);
    expect(t.world.sent[0]?.text).toMatch(/and 7 more/);
  });

  test('is not sent to a mailbox that is no more', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    t.keep(['siti@moh.example']);
    t.world.noMailbox.add('siti@moh.example');
    expect(await t.look(DUE)).toBe(true);
    expect([t.told(), t.world.reports]).toEqual([[], []]);
  });
});

describe('what goes wrong', () => {
  test('for one recipient is tried again after an hour; the others have theirs, and once', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const id = t.keep(['aminah@moh.example', 'omar@moh.example', 'siti@moh.example']);
    t.world.answer = (to) => (to.startsWith('omar') ? new Error('a bug') : 'stored');
    const digests = t.digests();
    t.world.now = DUE;
    expect(await digests.look(signal)).toBe(true);
    expect(t.told()).toEqual([`aminah@moh.example: ${id}`, `siti@moh.example: ${id}`]);
    t.world.answer = () => 'stored';
    t.world.now = DUE + HOUR - 1;
    await digests.look(signal);
    expect(t.told()).toEqual([]);
    t.keep(['omar@moh.example']);
    t.world.now = DUE + HOUR;
    await digests.look(signal);
    expect(t.told()).toEqual([`omar@moh.example: ${id}`]);
    await t.look(DUE + 2 * HOUR);
    expect(t.told()).toEqual([]);
  });

  test('until the next day goes into the digest of that day', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const first = t.keep(['siti@moh.example']);
    t.world.answer = () => new Error('a bug');
    await t.look(DUE);
    const second = t.keep(['siti@moh.example']);
    await t.look(DUE + HOUR);
    t.world.answer = () => 'stored';
    await t.look(DUE + DAY);
    expect(t.told()).toEqual([`siti@moh.example: ${second} ${first}`]);
    await t.look(DUE + DAY + 2 * HOUR);
    expect(t.told()).toEqual([]);
  });

  test('yesterday and made good today is not made good again, whatever happens to the rest of the round', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    t.keep(['omar@moh.example', 'siti@moh.example']);
    t.world.answer = () => new Error('a bug');
    await t.look(DUE);
    t.world.answer = (to) => (to.startsWith('omar') ? 'stored' : 'full');
    await t.look(DUE + DAY);
    t.world.answer = () => 'stored';
    await t.look(DUE + DAY + MINUTE);
    expect(t.world.sent.splice(0).map(({ to }) => to)).toEqual(['omar@moh.example', 'siti@moh.example']);
    await t.look(DUE + DAY + 2 * HOUR);
    expect(t.told()).toEqual([]);
  });

  test('for one, and then for all: the one is owed still when the round has ended', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const id = t.keep(['omar@moh.example', 'siti@moh.example']);
    t.world.answer = (to) => (to.startsWith('omar') ? new Error('a bug') : 'full');
    await t.look(DUE);
    t.world.answer = () => 'stored';
    await t.look(DUE + MINUTE);
    expect(t.told()).toEqual([`siti@moh.example: ${id}`]);
    await t.look(DUE + 2 * HOUR);
    expect(t.told()).toEqual([`omar@moh.example: ${id}`]);
  });

  for (const trouble of [new Away('the receiver is away'), 'full' as const]) {
    test(`for all (${trouble}) leaves the round where it is, over a restart`, async () => {
      await using t = await setUp();
      await t.look(DUE - HOUR);
      const id = t.keep(['aminah@moh.example', 'omar@moh.example', 'siti@moh.example']);
      t.world.answer = (to) => (to.startsWith('aminah') ? 'stored' : trouble);
      expect(await t.look(DUE)).toBe(false);
      expect(t.told()).toEqual([`aminah@moh.example: ${id}`]);
      t.world.answer = () => 'stored';
      t.world.now = DUE + MINUTE;
      t.keep(['aminah@moh.example']);
      expect(await t.look(DUE + 2 * MINUTE)).toBe(true);
      expect(t.told()).toEqual([`omar@moh.example: ${id}`, `siti@moh.example: ${id}`]);
      await t.look(DUE + 3 * MINUTE);
      expect(t.told()).toEqual([]);
    });
  }

  test('a stop in the middle: the next start goes on with the next recipient', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const id = t.keep(['aminah@moh.example', 'omar@moh.example']);
    const stop = new AbortController();
    t.world.answer = () => {
      stop.abort();
      return 'stored';
    };
    t.world.now = DUE;
    await t.digests().look(stop.signal);
    expect(t.told()).toEqual([`aminah@moh.example: ${id}`]);
    await t.look(DUE + MINUTE);
    expect(t.told()).toEqual([`omar@moh.example: ${id}`]);
  });

  test('a crash repeats no more than what was sent since the last note of the state, and skips nobody', async () => {
    await using t = await setUp();
    await t.look(DUE - HOUR);
    const everybody = Array.from({ length: 250 }, (_, n) => `user${String(n).padStart(3, '0')}@moh.example`);
    t.keep(everybody);
    let state = '';
    t.world.answer = (to) => {
      if (!to.startsWith('user220')) return 'stored';
      throw new Error('crash');
    };
    // What the disk holds when the 220th is sent is what a crash at that moment leaves.
    const { enter } = t.deps;
    const crashing = createDigests({
      ...t.deps,
      async enter(message, content) {
        if (message.recipients[0]?.address.startsWith('user220')) state = await t.state();
        return await enter(message, content);
      },
    });
    t.world.now = DUE;
    await crashing.look(signal);
    const before = t.world.sent.splice(0).slice(0, 220);
    await writeFile(join(t.path, '.digest.json'), state);
    t.world.answer = () => 'stored';
    await t.look(DUE + MINUTE);
    const after = t.world.sent.splice(0);
    expect(new Set([...before, ...after].map(({ to }) => to)).size).toBe(250);
    expect(after).toHaveLength(50);
  });

  test('a state that is damaged is told and begun anew', async () => {
    await using t = await setUp();
    await writeFile(join(t.path, '.digest.json'), '{"version":1,"dueAt":');
    await t.look(DUE - HOUR);
    expect(t.world.reports).toHaveLength(1);
    expect(JSON.parse(await t.state())).toMatchObject({ open: null, owed: [] });
  });
});

test('the loop looks by itself, goes on after a fault, and ends when it is stopped', async () => {
  await using t = await setUp();
  await t.look(DUE - HOUR);
  t.world.now = DUE - 15_000;
  const id = t.keep(['siti@moh.example']);
  const waits: number[] = [];
  let faults = 1;
  const told = Promise.withResolvers<void>();
  const clock: Clock = {
    now: () => t.world.now,
    elapsedMs: () => t.world.now,
    async sleep(ms, stop) {
      waits.push(ms);
      t.world.now += ms;
      if (t.world.sent.length > 0) told.resolve();
      if (t.world.sent.length > 0) await systemClock.sleep(HOUR, stop);
    },
  };
  const quarantine: DigestsDeps['quarantine'] = {
    ...t.deps.quarantine,
    async entries() {
      if (faults-- > 0) throw new Error('EIO');
      return await t.deps.quarantine.entries();
    },
  };
  {
    await using _digests = startDigests({ ...t.deps, quarantine, clock });
    await told.promise;
  }
  expect(t.told()).toEqual([`siti@moh.example: ${id}`]);
  expect(waits).toEqual([10_000, 10_000, 2_000, 10_000]);
});
