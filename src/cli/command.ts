/**
 * What a command is: its place in the table from which parsing, help and completion are made, and what it does. A
 * command writes to the terminal, and resolves with the exit code: 0 done, 1 not done or not well. Problems are thrown.
 */
import type { Clock } from '../lib/clock.ts';
import type { ApiClient } from './api-client.ts';
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import type { Times } from './times.ts';

export interface Option {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in help ("TEXT"); FILE and FOLDER are completed as paths; null: a switch. */
  readonly value: string | null;
  readonly summary: string;
  readonly required?: boolean;
  readonly multiple?: boolean;
  readonly choices?: readonly string[];
}

export interface Operand {
  readonly name: string;
  readonly summary: string;
  /** Any number of words, also none. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
}

export interface Command {
  /** One or two words: "status", "agency add". */
  readonly name: string;
  /** A sentence without its full stop. */
  readonly summary: string;
  readonly operands: readonly Operand[];
  readonly options: readonly Option[];
  /** Whole command lines, without "geganti". */
  readonly examples?: readonly string[];
  run(call: Call, context: Context): Promise<number>;
}

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** What was given; asking for what the command does not declare is a bug and throws. */
export interface Call {
  operand(name: string): string;
  operands(name: string): readonly string[];
  text(name: string): string | null;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  /** A whole number within bounds, else a UsageError. */
  number(name: string, min: number, max: number): number | null;
  readonly json: boolean;
}

export interface Context {
  readonly api: ApiClient;
  readonly terminal: Terminal;
  readonly times: Times;
  readonly clock: Clock;
  /** Shows how far long work is; ends with the block that it is used in. `what`: "entries read". */
  progress(what: string): Progress;
  /** Aborted when nobody reads the output any more, or the program is asked to end. */
  readonly signal: AbortSignal;
}

/** Wrong usage: exit code 2. One line that names the nearest right thing. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const GLOBAL_OPTIONS: readonly Option[] = [
  { name: 'json', value: null, summary: 'print JSON instead of text' },
  { name: 'config', value: 'FILE', summary: 'settings file to use' },
  { name: 'help', short: 'h', value: null, summary: 'show what the command does and takes' },
];
