import { describe, expect, test } from 'vitest';
import { Problem } from '../lib/problem.ts';
import { render } from './render.ts';

test('values and blocks take their places, and a block keeps its indentation', () => {
  const text = render('a = {{a}}\n  {{b}}\nend', { a: 1, b: { lines: ['x {', '  y', '}'] } });
  expect(text).toBe('a = 1\n  x {\n    y\n  }\nend');
});

test('a name that is not given, or not used, is a bug', () => {
  expect(() => render('{{a}}', {})).toThrow('nothing given for {{a}}');
  expect(() => render('', { a: 1 })).toThrow('no place for a');
});

describe('no value can end its string, line or block', () => {
  for (const bad of [
    'a"b',
    "a'b",
    'a\nb',
    'a;b',
    'a{b',
    'a}b',
    '$(a)',
    '%u',
    'a\\b',
    '#a',
    '<a',
    'a\0',
    'ä',
  ]) {
    test(JSON.stringify(bad), () => {
      expect(() => render('x {{data}}', { data: bad })).toThrow(Problem);
    });
  }
});
