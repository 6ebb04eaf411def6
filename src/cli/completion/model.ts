/** What every shell's completion needs to know, taken from the table of commands. */
import { type Command, type CommandGroup, GLOBAL_OPTIONS, type Option } from '../command.ts';

export interface CompletionModel {
  /** What may come after these words (joined by a space), options left aside. */
  readonly next: ReadonlyMap<string, readonly Word[]>;
  readonly commands: readonly CompletedCommand[];
  /** Options that may stand before a command. */
  readonly anywhere: readonly CompletedOption[];
  /** "--sender", "-n": a value follows. An option takes one in every command or in none. */
  readonly valued: readonly string[];
  /** Those of them whose value is a path. */
  readonly paths: readonly string[];
}

export interface Word {
  readonly text: string;
  readonly summary: string;
}

export interface CompletedCommand {
  readonly name: string;
  readonly options: readonly CompletedOption[];
  /** Commands whose names begin with this one: "log show" of "log". */
  readonly longer: readonly string[];
}

export interface CompletedOption {
  /** Without dashes. */
  readonly name: string;
  readonly short: string | null;
  readonly summary: string;
  readonly value: 'none' | 'path' | 'choices' | 'text';
  readonly choices: readonly string[];
}

export function completionModel(groups: readonly CommandGroup[]): CompletionModel {
  const table = groups.flatMap((group) => group.commands);
  const names = table.map(({ name }) => name);
  const commands = table.map(({ name, options }) => ({
    name,
    options: [...options, ...GLOBAL_OPTIONS].map(completedOption),
    longer: names.filter((other) => other.startsWith(`${name} `)),
  }));
  const options = commands.flatMap((command) => command.options);
  const dashed = (wanted: (option: CompletedOption) => boolean): string[] => [
    ...new Set(options.filter(wanted).flatMap(dashedNames)),
  ];
  return {
    next: nextWords(table),
    commands,
    anywhere: GLOBAL_OPTIONS.map(completedOption),
    valued: dashed(({ value }) => value !== 'none'),
    paths: dashed(({ value }) => value === 'path'),
  };
}

/** "--last", "-n". */
export function dashedNames({ name, short }: Pick<CompletedOption, 'name' | 'short'>): readonly string[] {
  return short === null ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function completedOption({ name, short, value, summary, choices = [] }: Option): CompletedOption {
  const kind = value === null ? 'none' : choices.length > 0 ? 'choices' : 'text';
  const isPath = value === 'FILE' || value === 'FOLDER';
  return { name, short: short ?? null, summary, value: isPath ? 'path' : kind, choices };
}

function nextWords(table: readonly Command[]): Map<string, Word[]> {
  const next = new Map<string, Word[]>();
  const add = (after: string, word: Word): void => {
    const words = next.get(after) ?? [];
    if (!words.some(({ text }) => text === word.text)) next.set(after, [...words, word]);
  };
  for (const { name, summary, operands } of table) {
    const [first = '', second] = name.split(' ');
    const isNoun = second !== undefined && !table.some((each) => each.name === first);
    const firstWord = { text: first, summary: isNoun ? verbsOf(first, table) : summary };
    add('', firstWord);
    add('help', firstWord);
    if (second !== undefined) {
      add(first, { text: second, summary });
      add(`help ${first}`, { text: second, summary });
    }
    for (const choice of operands[0]?.choices ?? [])
      add(name, { text: choice, summary: operands[0]?.summary ?? '' });
  }
  return next;
}

function verbsOf(noun: string, table: readonly Command[]): string {
  return table
    .flatMap(({ name }) => (name.startsWith(`${noun} `) ? name.split(' ').slice(1) : []))
    .join(', ');
}

/** For bash and zsh. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
