/** From the words of a command line to a command of the table and what it was given. Wrong usage throws UsageError. */
import { parseArgs } from 'node:util';
import { nearest } from '../lib/nearest.ts';
import { type Call, type Command, GLOBAL_OPTIONS, type Option, UsageError } from './command.ts';

/** `command` null: none was named. */
export interface Parsed {
  readonly command: Command | null;
  readonly wantsHelp: boolean;
  readonly call: Call;
}

/** Options may stand before and after the command's words. */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): Parsed {
  const at = firstWord(argv);
  const command = at < argv.length ? findCommand(argv.slice(at, at + 2), commands) : null;
  const words = command ? command.name.split(' ').length : 0;
  const rest = [...argv.slice(0, at), ...argv.slice(at + words)];
  const { values, operands } = readOptions(rest, command);
  const wantsHelp = values.has('help');
  if (command && !wantsHelp) check(command, values, operands, commands);
  return { command, wantsHelp, call: createCall(command, values, operands) };
}

/** The file named by `--config`, for the caller to load before anything runs; null: none. */
export function configOption(argv: readonly string[]): string | null {
  for (const [index, word] of argv.entries()) {
    if (word === '--') return null;
    if (word.startsWith('--config=')) return word.slice('--config='.length);
    if (word === '--config') return argv[index + 1] ?? null;
  }
  return null;
}

/** Whether the output is for a program, to be known before anything is found wrong with the rest. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}

function firstWord(argv: readonly string[]): number {
  let at = 0;
  while (argv[at]?.startsWith('-')) at += argv[at] === '--config' ? 2 : 1;
  return at;
}

function findCommand(words: readonly string[], commands: readonly Command[]): Command {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    const command = commands.find((each) => each.name === name);
    if (command) return command;
  }
  throw unknownCommand(words, commands);
}

function unknownCommand(words: readonly string[], commands: readonly Command[]): UsageError {
  const [noun = '', verb] = words;
  const names = commands.map((command) => command.name);
  const ofNoun = names.filter((name) => name.startsWith(`${noun} `));
  if (ofNoun.length > 0 && (verb === undefined || verb.startsWith('-'))) {
    return new UsageError(`"${noun}" is not complete; one of: ${ofNoun.join(', ')}`);
  }
  const given = words.filter((word) => !word.startsWith('-')).join(' ');
  const near = nearest(given, names) ?? nearest(noun, names);
  if (near) return new UsageError(`there is no command "${given}"; did you mean "${near}"?`);
  const more = ofNoun.length > 0 ? `one of: ${ofNoun.join(', ')}` : '"geganti help" lists all';
  return new UsageError(`there is no command "${given}"; ${more}`);
}

function readOptions(args: readonly string[], command: Command | null) {
  const options = [...(command?.options ?? []), ...GLOBAL_OPTIONS];
  const config: Record<string, { type: 'string' | 'boolean'; short?: string }> = {};
  for (const { name, short, value } of options) {
    config[name] = { type: value === null ? 'boolean' : 'string', ...(short && { short }) };
  }
  const settings = {
    args: [...args],
    options: config,
    allowPositionals: true,
    strict: false,
    tokens: true,
  } as const;
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of parseArgs(settings).tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find((each) => each.name === token.name);
    if (!option) throw unknownOption(token.rawName, options, command);
    const value = checkedValue(option, token.rawName, token.value, token.inlineValue === true);
    const earlier = values.get(option.name) ?? [];
    if (earlier.length > 0 && !option.multiple) throw new UsageError(`${token.rawName} is given twice`);
    values.set(option.name, [...earlier, value]);
  }
  return { values, operands };
}

function unknownOption(rawName: string, options: readonly Option[], command: Command | null): UsageError {
  const names = options.map((option) => `--${option.name}`);
  const near = nearest(rawName, names);
  const hint = near ? `did you mean ${near}?` : `see: geganti help${command ? ` ${command.name}` : ''}`;
  return new UsageError(`there is no option ${rawName}${command ? ` of "${command.name}"` : ''}; ${hint}`);
}

function checkedValue(option: Option, rawName: string, value: string | undefined, inline: boolean): string {
  if (option.value === null) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return '';
  }
  if (value === undefined || (value.startsWith('-') && !inline)) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${option.value}`);
  }
  if (option.choices) checkChoice(rawName, value, option.choices);
  return value;
}

/** `what` is an option or operand; throws a UsageError that names the nearest choice. */
function checkChoice(what: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const near = nearest(value, choices);
  const hint = near ? `; did you mean "${near}"?` : '';
  throw new UsageError(`${what} is one of ${choices.join(', ')}, not "${value}"${hint}`);
}

function check(
  command: Command,
  values: ReadonlyMap<string, readonly string[]>,
  operands: readonly string[],
  commands: readonly Command[],
): void {
  const help = `see: geganti help ${command.name}`;
  const many = command.operands.some((operand) => operand.many);
  const missing = command.operands[operands.length];
  if (missing && !missing.many) throw new UsageError(`${command.name}: ${missing.name} is missing; ${help}`);
  const extra = operands[command.operands.length];
  if (extra !== undefined && !many) {
    const near = nearest(
      `${command.name} ${extra}`,
      commands.map((each) => each.name),
    );
    const hint = near && near !== command.name ? `did you mean "${near}"?` : help;
    throw new UsageError(`${command.name}: "${extra}" is not expected here; ${hint}`);
  }
  for (const [index, { name, choices }] of command.operands.entries()) {
    const given = operands[index];
    if (choices && given !== undefined) checkChoice(`${command.name}: ${name}`, given, choices);
  }
  for (const option of command.options) {
    if (option.required && !values.has(option.name)) {
      throw new UsageError(`${command.name}: --${option.name} ${option.value} is missing; ${help}`);
    }
  }
}

function createCall(
  command: Command | null,
  values: ReadonlyMap<string, readonly string[]>,
  operands: readonly string[],
): Call {
  const position = (name: string): number => {
    const index = command?.operands.findIndex((operand) => operand.name === name) ?? -1;
    if (index < 0) throw new Error(`${command?.name} has no operand ${name}`);
    return index;
  };
  const text = (name: string): string | null => values.get(name)?.[0] ?? null;
  return {
    operand: (name) => operands[position(name)] ?? '',
    operands: (name) => operands.slice(position(name)),
    text,
    texts: (name) => values.get(name) ?? [],
    flag: (name) => values.has(name),
    number(name, min, max) {
      const given = text(name);
      if (given === null) return null;
      const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (number >= min && number <= max) return number;
      throw new UsageError(`--${name} is a whole number from ${min} to ${max}, not "${given}"`);
    },
    json: values.has('json'),
  };
}
