/**
 * Pieces of what is shown, with what they mean for the eye. Every one is made printable here and only then cut and coloured,
 * so nothing from outside reaches a terminal otherwise.
 */
import { styleText } from 'node:util';
import { printable } from './printable.ts';
import { GAP } from './table.ts';
import { cut, widthOf } from './width.ts';

export type Style = 'good' | 'bad' | 'warning' | 'faint' | 'strong';
export type Part = string | { readonly text: string; readonly style: Style };
export type Row = readonly Part[];

const FORMATS = {
  good: 'green',
  bad: ['red', 'bold'],
  warning: 'yellow',
  faint: 'dim',
  strong: 'bold',
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

export interface Painter {
  paint(part: Part): string;
  /** The cells of a row in columns of these widths; null: the column is left out. */
  paintRow(row: Row, widths: readonly (number | null)[]): string;
}

export function createPainter(colour: boolean): Painter {
  function coloured(part: Part, text: string): string {
    if (!colour || typeof part === 'string') return text;
    return styleText(FORMATS[part.style], text, { validateStream: false });
  }
  return {
    paint: (part) => coloured(part, printable(textOf(part))),
    paintRow(row, widths) {
      let line = '';
      let gap = 0;
      for (const [column, cell] of row.entries()) {
        const width = widths[column] ?? null;
        if (width === null) continue;
        const text = cut(printable(textOf(cell)), width);
        line += ' '.repeat(gap) + coloured(cell, text);
        gap = width - widthOf(text) + GAP;
      }
      return line.trimEnd();
    },
  };
}

/** The widest cell of each column, no less than `before`. */
export function widest(rows: readonly Row[], before: readonly number[]): number[] {
  const widths = [...before];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(printable(textOf(cell))));
    }
  }
  return widths;
}

function textOf(part: Part): string {
  return typeof part === 'string' ? part : part.text;
}
