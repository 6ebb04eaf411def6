import { expect, test } from 'vitest';
import { at, everyKind, refused, SITI, scanned } from '../../test/support/events.ts';
import { newMessageId } from '../mail/message-id.ts';
import { parseEvent } from './parse.ts';

const id = newMessageId(Date.UTC(2026, 10, 24));

for (const event of everyKind(id)) {
  test(`${event.kind}: is read as it was written, and not without any of its parts`, () => {
    const recorded = at(0, event);
    const line = JSON.stringify(recorded);
    expect(parseEvent(line)).toEqual(JSON.parse(line));
    for (let length = 0; length < line.length; length += 7)
      expect(parseEvent(line.slice(0, length))).toBe(null);
    for (const part of ['at', 'event', 'kind', 'id']) {
      expect(parseEvent(JSON.stringify({ ...recorded, [part]: undefined }))).toBe(null);
    }
  });
}

const WRONG: readonly [string, string][] = [
  ['no object', '"accepted"'],
  ['nothing', 'null'],
  ['an array', '[]'],
  ['a kind of another version', `{"at":"2026-11-24T08:00:00.000Z","event":"x","id":null,"kind":"renamed"}`],
  [
    'a kind that every object has',
    `{"at":"2026-11-24T08:00:00.000Z","event":"x","id":null,"kind":"toString"}`,
  ],
  ['no moment', `{"at":"yesterday","event":"x","id":"${id}","kind":"purged","recipients":[]}`],
  [
    'recipients that are no texts',
    JSON.stringify({ ...at(0, everyKind(id)[5] ?? never()), recipients: [1] }),
  ],
  [
    'a refusal for nothing that we know',
    JSON.stringify({ ...at(0, refused()), findings: [{ reason: 'x' }] }),
  ],
  ['a verdict that is none', JSON.stringify({ ...at(0, scanned(id)), verdict: { kind: 'x' } })],
  ['a refusal whose recipients are none', JSON.stringify({ ...at(0, refused()), recipients: [null] })],
  [
    'a NUL',
    `{"at":"2026-11-24T08:00:00.000Z","event":"x\\u0000","id":"${id}","kind":"purged","recipients":[]}`,
  ],
];

for (const [name, line] of WRONG) {
  test(`${name}: is no event`, () => expect(parseEvent(line)).toBe(null));
}

test('what an older version wrote is told in today’s words', () => {
  const event = at(0, scanned(id, 'spam'));
  const { action: _, findings: __, ...older } = event.kind === 'scanned' ? event.verdict : never();
  expect(parseEvent(JSON.stringify({ ...event, verdict: older }))).toMatchObject({
    verdict: { kind: 'spam', action: 'refuse', findings: [{ reason: 'spam' }] },
  });
  const kept = {
    ...at(0, { kind: 'quarantined', id, recipient: SITI, reason: 'virus' }),
    reason: 'infected',
  };
  expect(parseEvent(JSON.stringify(kept))).toMatchObject({ reason: 'virus' });
});

function never(): never {
  throw new Error('there are more kinds');
}
