import { expect, test } from 'vitest';
import { DANGEROUS_NAMES, fileEnding, ruleModes } from './policy-readers.ts';

const DEFAULTS = { in: 'observe', out: 'refuse', within: 'refuse' };
const REST = 'each one of refuse, quarantine, tag, observe, off';
const FORM = `write { in: …, out: …, within: … }, ${REST}`;

const good: [string, unknown, object][] = [
  [
    'a table',
    { in: 'tag', out: 'quarantine', within: 'off' },
    { in: 'tag', out: 'quarantine', within: null },
  ],
  ['a part of one', { out: 'observe' }, { ...DEFAULTS, out: 'observe' }],
  ['an empty one', {}, DEFAULTS],
  ['one word for all', 'off', { in: null, out: null, within: null }],
  ['a variable', 'in: refuse, within: tag', { in: 'refuse', out: 'refuse', within: 'tag' }],
  ['a variable in braces', '{ in: off }', { ...DEFAULTS, in: null }],
];
test.each(good)('%s is read', (_, given, value) =>
  expect(ruleModes('short-link')(given)).toEqual({ kind: 'value', value }),
);

const bad: [string, unknown, string][] = [
  ['another word', 'never', `is not a table of directions; ${FORM}`],
  ['a number', 5, `is not a table of directions; ${FORM}`],
  ['a list', ['refuse'], `is not a table of directions; ${FORM}`],
  ['another direction', { inn: 'tag' }, `has a row "inn", which is no direction; ${FORM}`],
  ['another mode', { in: 'delete' }, `has "delete" for "in"; ${FORM}`],
  ['a mode of spam alone', { in: 'junk' }, `has "junk" for "in"; ${FORM}`],
];
test.each(bad)('%s is not', (_, given, why) =>
  expect(ruleModes('short-link')(given)).toEqual({ kind: 'wrong', why, secret: false }),
);

test('spam may go to Junk, a virus to no mailbox', () => {
  for (const reason of ['spam', 'junk'] as const) {
    expect(ruleModes(reason)('junk')).toMatchObject({ value: { in: 'junk', out: 'junk', within: 'junk' } });
  }
  for (const mode of ['junk', 'tag', 'observe', 'off']) expect(ruleModes('virus')(mode).kind).toBe('wrong');
  expect(ruleModes('virus')('quarantine').kind).toBe('value');
  expect(ruleModes('unscannable')('observe').kind).toBe('wrong');
});

test('an ending is read with its dot and in capitals, and is nothing else', () => {
  expect(fileEnding('.EXE')).toEqual({ kind: 'value', value: 'exe' });
  for (const wrong of ['', '*.exe', 'a.b', 'a b', 5]) expect(fileEnding(wrong).kind).toBe('wrong');
});

test('the list of endings is in order, each once, as a reader would have it', () => {
  expect(DANGEROUS_NAMES).toEqual([...new Set(DANGEROUS_NAMES)].sort());
  for (const name of DANGEROUS_NAMES) expect(fileEnding(name)).toEqual({ kind: 'value', value: name });
});
