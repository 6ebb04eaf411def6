import { expect, test } from 'vitest';
import type { Action, Finding, Found, Reason } from '../mail/finding.ts';
import { byReason, DEFAULT_MODES } from './catalogue.ts';
import { directionOf, evaluate, heaviest, inOrder, MAX_FINDINGS, strongest } from './evaluate.ts';

const found = (reason: Reason, detail = 'x'): Found => ({ reason, detail, part: null });
const finding = (reason: Reason, action: Action): Finding => ({ ...found(reason), action });

test('each direction has its mode', () => {
  const both = [found('short-link'), found('external-storage')];
  const actions = (direction: 'in' | 'out' | 'within') =>
    evaluate(both, direction, DEFAULT_MODES).map(({ reason, action }) => `${reason}: ${action}`);
  expect(actions('in')).toEqual(['external-storage: refuse', 'short-link: observe']);
  expect(actions('out')).toEqual(['external-storage: refuse', 'short-link: refuse']);
  expect(actions('within')).toEqual(actions('out'));
});

test('a reason that is off is no finding', () => {
  const off = byReason(() => ({ in: null, out: null, within: null }));
  expect(evaluate([found('virus')], 'in', off)).toEqual([]);
});

test('the stronger action goes first, then the heavier reason', () => {
  const order = inOrder([
    finding('junk', 'junk'),
    finding('sealed', 'observe'),
    finding('attachment-size', 'refuse'),
    finding('virus', 'quarantine'),
    finding('structure', 'refuse'),
  ]);
  expect(order.map(({ reason }) => reason)).toEqual([
    'structure',
    'attachment-size',
    'virus',
    'junk',
    'sealed',
  ]);
});

test('many weak facts do not push out a strong one, and a fact counts once', () => {
  const weak = Array.from({ length: 100 }, (_, i) => found('short-link', `link ${i}`));
  const findings = evaluate([...weak, found('virus'), found('virus')], 'in', DEFAULT_MODES);
  expect(findings).toHaveLength(MAX_FINDINGS);
  expect(findings.filter(({ reason }) => reason === 'virus')).toHaveLength(1);
  expect(findings[0]?.reason).toBe('virus');
});

test('a detail has an end', () =>
  expect(evaluate([found('virus', 'x'.repeat(1000))], 'in', DEFAULT_MODES)[0]?.detail).toHaveLength(300));

const strengths: [Action[], string][] = [
  [[], 'deliver'],
  [['observe', 'tag'], 'deliver'],
  [['observe', 'junk'], 'junk'],
  [['junk', 'quarantine'], 'quarantine'],
  [['quarantine', 'refuse', 'tag'], 'refuse'],
];
test.each(strengths)('of %j the strongest is %s', (actions, expected) =>
  expect(strongest(actions.map((action) => finding('spam', action)))).toBe(expected),
);

test('the heaviest is found in any order', () => {
  expect(heaviest([])).toBeNull();
  const some = [
    finding('spam', 'quarantine'),
    finding('virus', 'quarantine'),
    finding('short-link', 'refuse'),
  ];
  expect(heaviest(some)?.reason).toBe('short-link');
  expect(heaviest(some.slice(0, 2))?.reason).toBe('virus');
});

test('login and recipients make the direction', () => {
  const ours = { agencyId: 'moh' };
  expect(directionOf({ login: null, recipients: [ours] })).toBe('in');
  expect(directionOf({ login: {}, recipients: [ours, ours] })).toBe('within');
  expect(directionOf({ login: {}, recipients: [ours, { agencyId: null }] })).toBe('out');
  expect(directionOf({ login: {}, recipients: [{}] })).toBe('out');
});
