/**
 * One record of comma-separated values: RFC 4180 §2 (quotes doubled, CRLF at the end). A cell that a spreadsheet would take
 * for a formula gets an apostrophe before it, because most cells come from strangers.
 */
import { printable } from './printable.ts';

/** Some take the full-width forms for the signs. */
const FORMULA = /^[=+\-@＝＋－＠]/;

export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string): string {
  const text = printable(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
