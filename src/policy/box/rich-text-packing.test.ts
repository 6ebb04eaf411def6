import { expect, test } from 'vitest';
import { createBudget } from './budget.ts';
import { unpackRichText } from './rich-text-packing.ts';

/** MS-OXRTFCP §3.1 and §3.2. */
const cases: [packed: string, text: string][] = [
  [
    '2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0',
    '{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n',
  ],
  ['1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0', '{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}'],
];

for (const [packed, text] of cases) {
  test(`packed rich text: ${text.trim()}`, () => {
    expect(unpackRichText(Buffer.from(packed, 'hex'), createBudget())?.toString('latin1')).toBe(text);
  });
}

test('packed rich text that is cut ends there', () => {
  const packed = Buffer.from(cases[0]?.[0].slice(0, 60) ?? '', 'hex');
  expect(unpackRichText(packed, createBudget())?.toString('latin1')).toMatch(/^\{\\rtf1\\ansi/);
  expect(unpackRichText(Buffer.alloc(3), createBudget())).toBeNull();
});
