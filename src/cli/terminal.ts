/**
 * What the geganti command writes, all of it made printable (parts.ts, printable.ts, csv.ts). On a terminal: aligned
 * tables with a head that fit its width, colours. Elsewhere (a pipe, a file): one record a line, its values whole and
 * separated by tabs, no head.
 */
import { once } from 'node:events';
import { csvLine } from './csv.ts';
import { createPainter, type Part, type Row, widest } from './parts.ts';
import { printable, printableJson } from './printable.ts';
import { type Column, fitWidths, GAP } from './table.ts';

export interface Terminal {
  readonly isTerminal: boolean;
  line(...parts: Part[]): void;
  /** The cells of one event: two spaces between them on a terminal, else a tab as in a table. */
  row(...cells: Part[]): void;
  /** A column given by its name alone may be cut. */
  table(columns: readonly (string | Column)[], rows: readonly Row[]): void;
  /** A table whose rows come in batches: its head is written with the first. */
  openTable(columns: readonly (string | Column)[]): (rows: readonly Row[]) => void;
  /** Several lines. */
  text(text: string): void;
  /** A name and its value a line; null: left out. */
  facts(rows: readonly (readonly [string, Part | null])[]): void;
  /** One record, comma-separated. */
  csv(cells: readonly string[]): void;
  /** Indented, or on one line where many follow each other. */
  json(value: unknown, layout?: 'indented' | 'line'): void;
  /** What went wrong, to standard error: each line after "geganti: ", or for a program one JSON line with `problem`. */
  complain(text: string): void;
  /** A hint for people, to standard error; programs do not get it. */
  note(text: string): void;
  /** Resolves when the reader has taken what was written. */
  drained(signal: AbortSignal): Promise<void>;
}

export interface TerminalDeps {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly colour: boolean;
  /** Columns of the terminal; null: not known. */
  readonly columns: number | null;
  /** A program reads: JSON was asked for. */
  readonly json: boolean;
}

/** FORCE_COLOR over NO_COLOR (no-color.org) over what the output is. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR) return false;
  return isTerminal && env.TERM !== 'dumb';
}

export function createTerminal(deps: TerminalDeps): Terminal {
  const { stdout, stderr, isTerminal, colour, columns, json } = deps;
  const { paint, paintRow } = createPainter(colour);
  let full = false;

  function write(text: string): void {
    full = !stdout.write(text);
  }

  function aligned(rows: readonly Row[], widths: readonly (number | null)[]): void {
    for (const row of rows) write(`${paintRow(row, widths)}\n`);
  }

  function separated(rows: readonly Row[]): void {
    for (const row of rows) write(`${row.map(paint).join('\t')}\n`);
  }

  function openTable(given: readonly (string | Column)[]) {
    const head = given.map((column) => (typeof column === 'string' ? { name: column } : column));
    let pending: Row[] = [head.map(({ name }) => ({ text: name, style: 'faint' }))];
    let natural: number[] = [];
    return (rows: readonly Row[]): void => {
      const batch = [...pending, ...rows];
      pending = [];
      natural = widest(batch, natural);
      aligned(batch, fitWidths(head, natural, columns ?? Number.POSITIVE_INFINITY));
    };
  }

  return {
    isTerminal,
    row: (...cells) => write(`${cells.map(paint).join(isTerminal ? ' '.repeat(GAP) : '\t')}\n`),
    line: (...parts) => write(`${parts.map(paint).join('')}\n`),
    table: (head, rows) => (isTerminal ? openTable(head)(rows) : separated(rows)),
    openTable: (head) => (isTerminal ? openTable(head) : separated),
    text(text) {
      for (const line of text.split('\n')) write(`${printable(line)}\n`);
    },
    facts(all) {
      const rows = all.flatMap(([name, value]): Row[] => (value === null ? [] : [[name, value]]));
      if (isTerminal) aligned(rows, widest(rows, []));
      else separated(rows);
    },
    csv: (cells) => write(csvLine(cells)),
    json: (value, layout = 'indented') => write(`${printableJson(value, layout === 'line' ? 0 : 2)}\n`),
    complain(text) {
      if (json) stderr.write(`${printableJson({ problem: text }, 0)}\n`);
      else for (const line of text.split('\n')) stderr.write(`geganti: ${printable(line)}\n`);
    },
    note(text) {
      if (!json) stderr.write(`geganti: ${printable(text)}\n`);
    },
    async drained(signal) {
      if (!full || signal.aborted) return;
      // Rejects when aborted or when the reader has left: then nobody waits for the rest.
      await once(stdout, 'drain', { signal }).catch(() => {});
      full = false;
    },
  };
}
