import { expect, test } from 'vitest';
import { createUnfolder } from './calendar-text.ts';

const cases: readonly (readonly [string, string, string])[] = [
  ['a folded link', 'URL:https://www.drop\r\n box.com/s/x\r\nEND', 'URL:https://www.dropbox.com/s/x\r\nEND'],
  ['a fold by a tab, and one after LF alone', 'a\r\n\tb\n c', 'abc'],
  ['escaped signs', 'Hai\\, semua\\; di sini\\nEsok \\\\n', 'Hai, semua; di sini\nEsok \\n'],
  ['an escape over a fold', 'a\\\r\n nb', 'a\nb'],
  ['nothing folded', 'DTSTART:20261124\r\nDTEND:20261125\r\n', 'DTSTART:20261124\r\nDTEND:20261125\r\n'],
  ['a backslash at the end', 'a\\', 'a\\'],
];

test.each(cases)('%s, in pieces of every size', (_name, given, expected) => {
  for (let size = 1; size <= given.length; size++) {
    const unfolder = createUnfolder();
    let seen = '';
    for (let at = 0; at < given.length; at += size) seen += unfolder.write(given.slice(at, at + size));
    expect(seen + unfolder.end(), `${size}`).toBe(expected);
  }
});
