import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { verdict } from '../../test/support/messages.ts';
import { DELIVERED, envelopeFor, recipientAddress } from '../../test/support/spooling.ts';
import { newMessageId } from '../mail/message-id.ts';
import { encodeEntry, type JournalEntry, parseJournal } from './journal-entry.ts';
import { entriesOf, replay } from './message-state.ts';

const id = newMessageId(1_000_000);
const [ali, siti] = [recipientAddress(1), recipientAddress(2)];
const JUNK = verdict('junk', { score: 7.5, symbols: ['A', 'B'] });
const deferral = {
  stage: 'deliver',
  recipients: [ali, siti],
  attempt: 2,
  nextTryAt: 99,
  reason: 'later',
} as const;
const bounced = { kind: 'bounced', reply: '550 no', bounce: id } as const;

const ENTRIES: readonly JournalEntry[] = [
  { kind: 'verdict', id, verdict: JUNK },
  { kind: 'deferred', id, deferral },
  { kind: 'deferred', id, deferral: { ...deferral, stage: 'scan', recipients: [] } },
  { kind: 'settled', id, recipient: ali, outcome: DELIVERED },
  { kind: 'settled', id, recipient: ali, outcome: bounced },
  { kind: 'settled', id, recipient: ali, outcome: { kind: 'quarantined', reason: 'virus' } },
  { kind: 'settled', id, recipient: ali, outcome: { kind: 'discarded', rule: 'no-backscatter', reply: 'x' } },
  { kind: 'settled', id, recipient: ali, outcome: { kind: 'discarded', rule: 'operator', reply: '' } },
  { kind: 'held', id },
  { kind: 'released', id },
  { kind: 'refused', id },
  { kind: 'moved', id },
];

describe('a journal read back', () => {
  test('holds every kind of entry as it was written', () => {
    const bytes = Buffer.from(ENTRIES.map(encodeEntry).join(''));
    expect(parseJournal(bytes)).toEqual({ entries: ENTRIES, wholeBytes: bytes.length, damage: [] });
  });

  test('cut at any octet keeps the whole lines and is no damage', () => {
    const bytes = Buffer.from(ENTRIES.slice(0, 2).map(encodeEntry).join(''));
    const firstLine = bytes.indexOf('\n') + 1;
    for (let length = firstLine; length < bytes.length; length++) {
      const read = parseJournal(bytes.subarray(0, length));
      expect(read, `cut at ${length}`).toEqual({ entries: [ENTRIES[0]], wholeBytes: firstLine, damage: [] });
    }
  });

  test('with any one octet of a line changed never yields another entry, and the other lines hold', () => {
    const lines = ENTRIES.slice(0, 3).map(encodeEntry);
    const start = Buffer.byteLength(lines[0] ?? '');
    const end = start + Buffer.byteLength(lines[1] ?? '');
    for (let at = start; at < end; at++) {
      const bytes = Buffer.from(lines.join(''));
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      const read = parseJournal(bytes);
      const kept = at === end - 1 ? [ENTRIES[0]] : [ENTRIES[0], ENTRIES[2]];
      expect(read.entries, `octet ${at}`).toEqual(kept);
      expect(read.damage.length, `octet ${at}`).toBeGreaterThan(0);
    }
  });
});

test('a kind of entry that a newer program wrote is damage, and the other lines hold', () => {
  const json = JSON.stringify({ kind: 'postponed', id });
  const newer = `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
  const read = parseJournal(Buffer.from(`${newer}${encodeEntry({ kind: 'held', id })}`));
  expect(read.entries).toEqual([{ kind: 'held', id }]);
  expect(read.damage).toMatchObject([{ line: 1, reason: expect.stringContaining('kind: none of') }]);
});

describe('the state of a message', () => {
  const envelope = envelopeFor(id, 10, 2);

  test('is finished when every recipient is settled, or when it was refused', () => {
    const settled = (recipient: typeof ali): JournalEntry => ({
      kind: 'settled',
      id,
      recipient,
      outcome: DELIVERED,
    });
    expect(replay(envelope, [settled(ali)])?.recipients.map((r) => r.outcome?.kind)).toEqual([
      'delivered',
      undefined,
    ]);
    expect(replay(envelope, [settled(ali), settled(siti)])).toBeNull();
    expect(replay(envelope, [{ kind: 'refused', id }])).toBeNull();
  });

  test('keeps the first outcome of a recipient', () => {
    const twice = replay(envelope, ENTRIES.slice(3, 5));
    expect(twice?.recipients[0]?.outcome).toEqual(DELIVERED);
  });

  test('keeps the highest attempt, whatever the order of the journals', () => {
    const earlier = { ...deferral, attempt: 1, nextTryAt: 5, reason: 'first' };
    const entries = [deferral, earlier].map(
      (each): JournalEntry => ({ kind: 'deferred', id, deferral: each }),
    );
    expect(replay(envelope, entries)?.recipients[1]).toMatchObject({
      attempts: 2,
      nextTryAt: 99,
      reason: 'later',
    });
  });

  test('is held by the last word of an operator', () => {
    const held = (...kinds: ('held' | 'released')[]): boolean | undefined =>
      replay(
        envelope,
        kinds.map((kind) => ({ kind, id })),
      )?.held;
    expect([held(), held('held'), held('held', 'released'), held('held', 'released', 'held')]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  for (const [what, more] of [
    ['', []],
    [', held', [{ kind: 'held', id }]],
    [
      ', held and let go',
      [
        { kind: 'held', id },
        { kind: 'released', id },
      ],
    ],
  ] as const) {
    test(`comes back from the entries that it is written out as${what}`, () => {
      const message = replay(envelope, [...ENTRIES.slice(0, 4), ...more]);
      expect(message).not.toBeNull();
      if (message) expect(replay(envelope, entriesOf(message))).toEqual(message);
    });
  }
});
