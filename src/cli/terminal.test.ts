import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { printable, printableJson } from './printable.ts';
import { createTerminal, type TerminalDeps, wantsColour } from './terminal.ts';

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

function terminalOn({ stream }: ReturnType<typeof capture>, changes: Partial<TerminalDeps>) {
  const usual = {
    stdout: stream,
    stderr: stream,
    isTerminal: true,
    colour: false,
    columns: null,
    json: false,
  };
  return createTerminal({ ...usual, ...changes });
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
    terminalOn(out, { isTerminal, colour }).table(['NAME', 'STATE', 'X'], rows);
    return out.text();
  };
  expect(print(false, false)).toBe('a?[31m\tDOWN\tx\nlonger\tup\t\n');
  expect(print(true, false)).toBe('NAME    STATE  X\na?[31m  DOWN   x\nlonger  up\n');
  expect(print(true, true)).toContain('\x1b[31m\x1b[1mDOWN\x1b[22m\x1b[39m');
});

test('a table of several batches has one head, and its columns do not shrink', () => {
  const out = capture();
  const write = terminalOn(out, {}).openTable(['NAME', 'X']);
  write([['a-long-name', '1']]);
  write([['b', '2']]);
  expect(out.text()).toBe('NAME         X\na-long-name  1\nb            2\n');
});

test('a cut cell is coloured after it is cut, and other cells stay in their columns', () => {
  const out = capture();
  terminalOn(out, { colour: true, columns: 24 }).table(
    ['A', { name: 'B', rigid: true }],
    [[{ text: 'x'.repeat(40), style: 'good' }, 'y'.repeat(12)]],
  );
  expect(out.text().split('\n')[1]).toBe(`\x1b[32m${'x'.repeat(9)}…\x1b[39m  ${'y'.repeat(12)}`);
});

test('problems are lines for people and one JSON line for programs, which get no hints', () => {
  const people = capture();
  terminalOn(people, {}).complain('one\ntwo\x1b');
  terminalOn(people, {}).note('a hint');
  expect(people.text()).toBe('geganti: one\ngeganti: two?\ngeganti: a hint\n');
  const program = capture();
  terminalOn(program, { json: true }).complain('one\ntwo');
  terminalOn(program, { json: true }).note('a hint');
  expect(program.text()).toBe('{"problem":"one\\ntwo"}\n');
});
