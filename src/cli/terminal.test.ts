import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { printable, printableJson } from './printable.ts';
import { createTerminal, wantsColour } from './terminal.ts';
import { createTimes } from './times.ts';

function capture() {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream, text: () => text };
}

const colours: [Record<string, string>, boolean, boolean][] = [
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  [{ TERM: 'dumb' }, true, false],
];
for (const [env, isTerminal, expected] of colours) {
  test(`colours with ${JSON.stringify(env)} on ${isTerminal ? 'a terminal' : 'a pipe'}: ${expected}`, () => {
    expect(wantsColour(env, isTerminal)).toBe(expected);
  });
}

test('text from outside cannot steer a terminal, and JSON loses nothing by that', () => {
  const hostile = 'a\x1b[2Jb\r\nc\u202edog\u0085\u{e0041}é';
  expect(printable(hostile)).toBe('a?[2Jb??c?dog??é');
  const json = printableJson({ hostile }, 2);
  expect(json).toMatch(/^[\n\x20-\x7eé]*$/);
  expect(JSON.parse(json)).toEqual({ hostile });
});

test('a table is aligned on a terminal, and tab-separated without a head elsewhere', () => {
  const rows = [
    ['a\x1b[31m', { text: 'DOWN', style: 'bad' as const }, 'x'],
    ['longer', 'up', ''],
  ];
  const print = (isTerminal: boolean, colour: boolean) => {
    const out = capture();
    createTerminal({ stdout: out.stream, stderr: out.stream, isTerminal, colour }).table(
      ['NAME', 'STATE', 'X'],
      rows,
    );
    return out.text();
  };
  expect(print(false, false)).toBe('a?[31m\tDOWN\tx\nlonger\tup\t\n');
  expect(print(true, false)).toBe('NAME    STATE  X\na?[31m  DOWN   x\nlonger  up\n');
  expect(print(true, true)).toContain('\x1b[31m\x1b[1mDOWN\x1b[22m\x1b[39m');
});

test('moments are shown in the zone of the settings', () => {
  const times = createTimes(() => 'Asia/Kuala_Lumpur');
  expect(times.format(Date.UTC(2026, 10, 24, 8, 40, 12))).toBe('24 Nov 2026 16:40:12');
  expect(times.format('2026-09-30T16:00:00.000Z')).toBe('01 Oct 2026 00:00:00');
  expect(times.format('nonsense')).toBe('nonsense');
});
