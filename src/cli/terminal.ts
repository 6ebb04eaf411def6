/**
 * What the geganti command writes. Every piece of text is made printable here and only then coloured, so nothing
 * from outside reaches a terminal otherwise. On a terminal: aligned tables with a head, colours. Elsewhere (a pipe, a
 * file): one record a line, its values separated by tabs, no head.
 */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { printable, printableJson } from './printable.ts';

export type Style = 'good' | 'bad' | 'warning' | 'faint' | 'strong';
export type Part = string | { readonly text: string; readonly style: Style };

const FORMATS = {
  good: 'green',
  bad: ['red', 'bold'],
  warning: 'yellow',
  faint: 'dim',
  strong: 'bold',
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

export interface Terminal {
  readonly isTerminal: boolean;
  line(...parts: Part[]): void;
  /** The cells of one event: two spaces between them on a terminal, else a tab as in a table. */
  row(...cells: Part[]): void;
  table(head: readonly string[], rows: readonly (readonly Part[])[]): void;
  /** A name and its value a line. */
  facts(rows: readonly (readonly [string, Part])[]): void;
  /** Indented, or on one line where many follow each other. */
  json(value: unknown, layout?: 'indented' | 'line'): void;
  /** To standard error, each line after "geganti: ". */
  complain(text: string): void;
  /** Resolves when the reader has taken what was written. */
  drained(signal: AbortSignal): Promise<void>;
}

export interface TerminalDeps {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly colour: boolean;
}

/** FORCE_COLOR over NO_COLOR (no-color.org) over what the output is. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR) return false;
  return isTerminal && env.TERM !== 'dumb';
}

export function createTerminal({ stdout, stderr, isTerminal, colour }: TerminalDeps): Terminal {
  let full = false;

  function write(text: string): void {
    full = !stdout.write(text);
  }

  function render(part: Part): string {
    const text = printable(textOf(part));
    if (!colour || typeof part === 'string') return text;
    return styleText(FORMATS[part.style], text, { validateStream: false });
  }

  function aligned(rows: readonly (readonly Part[])[]): void {
    const widths: number[] = [];
    for (const row of rows) {
      for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(cell));
    }
    for (const row of rows) {
      const cells = row.map((cell, column) => {
        const isLast = column === row.length - 1;
        return render(cell) + (isLast ? '' : ' '.repeat((widths[column] ?? 0) - width(cell) + 2));
      });
      write(`${cells.join('').trimEnd()}\n`);
    }
  }

  const separated = (rows: readonly (readonly Part[])[]): void => {
    for (const row of rows) write(`${row.map(render).join('\t')}\n`);
  };

  return {
    isTerminal,
    row: (...cells) => write(`${cells.map(render).join(isTerminal ? '  ' : '\t')}\n`),
    line: (...parts) => write(`${parts.map(render).join('')}\n`),
    table(head, rows) {
      if (isTerminal) aligned([head.map((text) => ({ text, style: 'faint' })), ...rows]);
      else separated(rows);
    },
    facts: (rows) => (isTerminal ? aligned(rows) : separated(rows)),
    json: (value, layout = 'indented') => write(`${printableJson(value, layout === 'line' ? 0 : 2)}\n`),
    complain(text) {
      for (const line of text.split('\n')) stderr.write(`geganti: ${printable(line)}\n`);
    },
    async drained(signal) {
      if (!full || signal.aborted) return;
      // Rejects when aborted or when the reader has left: then nobody waits for the rest.
      await once(stdout, 'drain', { signal }).catch(() => {});
      full = false;
    },
  };
}

function textOf(part: Part): string {
  return typeof part === 'string' ? part : part.text;
}

function width(part: Part): number {
  return [...printable(textOf(part))].length;
}
