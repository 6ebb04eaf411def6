import { describe, expect, test } from 'vitest';
import { UsageError } from './command.ts';
import { commandTable } from './commands.ts';
import { configOption, parseCommandLine, wantsJson } from './parse.ts';

const unused = (): never => {
  throw new Error('not to be called');
};
const commands = commandTable({
  serve: unused,
  up: unused,
  configCheck: unused,
  configShow: unused,
  backup: unused,
  restore: unused,
}).flatMap((group) => group.commands);
const parse = (line: string[]) => parseCommandLine(line, commands);

test('every command has a name of one or two words that is nobody else’s', () => {
  const names = commands.map((command) => command.name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+( [a-z]+)?$/);
});

test('operands, repeated options, short options and values with dashes are read', () => {
  const { command, call } = parse([
    '--json',
    'agency',
    'add',
    'moh',
    '--domain',
    'a.example',
    '--name=-x',
    '--domain',
    'b.example',
  ]);
  expect(command?.name).toBe('agency add');
  expect([call.operand('CODE'), call.text('name'), call.texts('domain'), call.json]).toEqual([
    'moh',
    '-x',
    ['a.example', 'b.example'],
    true,
  ]);
  const log = parse(['log', '-fn', '5']);
  expect([log.command?.name, log.call.flag('follow'), log.call.number('last', 0, 10)]).toEqual([
    'log',
    true,
    5,
  ]);
  expect(parse(['log', 'show', 'm1']).command?.name).toBe('log show');
  expect(parse([]).command).toBe(null);
  expect(parse(['user', 'add', '--help']).wantsHelp).toBe(true);
});

describe('wrong usage names the nearest right thing', () => {
  const cases: [string, string[], string][] = [
    ['a misspelt noun', ['agnecy', 'add'], 'there is no command "agnecy add"; did you mean "agency add"?'],
    ['a misspelt verb', ['agency', 'ad'], 'there is no command "agency ad"; did you mean "agency add"?'],
    ['a misspelt single word', ['statsu'], 'there is no command "statsu"; did you mean "status"?'],
    [
      'a wrong verb after a command',
      ['log', 'shwo', 'm1'],
      'log: "shwo" is not expected here; did you mean "log show"?',
    ],
    ['a noun alone', ['token'], '"token" is not complete; one of: token add, token list, token remove'],
    [
      'a strange verb',
      ['token', 'flushing'],
      'there is no command "token flushing"; one of: token add, token',
    ],
    ['nothing near', ['xyzzy'], 'there is no command "xyzzy"; "geganti help" lists all'],
    ['a misspelt option', ['log', '--folow'], 'there is no option --folow of "log"; did you mean --follow?'],
    [
      'an option of another command',
      ['status', '-q'],
      'there is no option -q of "status"; see: geganti help status',
    ],
    ['a missing operand', ['log', 'show'], 'log show: ID is missing; see: geganti help log show'],
    [
      'one operand too many',
      ['status', 'now'],
      'status: "now" is not expected here; see: geganti help status',
    ],
    [
      'a missing option',
      ['user', 'add', 'a@b.example', '--name', 'A'],
      'user add: --grade GRADE is missing; see: geganti help user add',
    ],
    ['an option without its value', ['user', 'list', '--agency'], '--agency needs a value: --agency CODE'],
    [
      'an option for a value',
      ['user', 'list', '--agency', '--json'],
      '--agency needs a value: --agency CODE',
    ],
    ['a value for a switch', ['status', '--json=yes'], '--json takes no value'],
    ['an option twice', ['log', '-n', '1', '-n', '2'], '-n is given twice'],
    [
      'a choice that is none',
      ['agency', 'add', 'x', '--scheme', 'ssp', '--name', 'x', '--domain', 'x'],
      '--scheme is one of classic, sspa, not "ssp"; did you mean "sspa"?',
    ],
    [
      'an operand that is no choice',
      ['completion', 'bahs'],
      'completion: SHELL is one of bash, zsh, fish, not "bahs"; did you mean "bash"?',
    ],
  ];
  for (const [name, line, message] of cases) {
    test(name, () => {
      expect(() => parse(line)).toThrow(UsageError);
      expect(() => parse(line)).toThrow(message);
    });
  }
});

test('the settings file is found before anything is parsed', () => {
  expect(configOption(['--config', '/a', 'status'])).toBe('/a');
  expect(configOption(['status', '--config=/b'])).toBe('/b');
  expect(configOption(['status'])).toBe(null);
  expect(parse(['--config', '/a', 'status']).command?.name).toBe('status');
});

test('an option takes a value in every command or in none, so that completion need not know the command', () => {
  const kinds = new Map<string, boolean>();
  for (const option of commands.flatMap((command) => command.options)) {
    for (const name of [option.name, option.short ?? []].flat()) {
      expect(kinds.get(name) ?? option.value !== null, name).toBe(option.value !== null);
      kinds.set(name, option.value !== null);
    }
  }
});

test('whether a program reads is known before anything is found wrong', () => {
  expect(wantsJson(['lgo', '--json'])).toBe(true);
  expect(wantsJson(['log', '--', '--json'])).toBe(false);
  expect(wantsJson(['log'])).toBe(false);
});
