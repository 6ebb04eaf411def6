/**
 * The fields of a header block as a lenient reader finds them, and where a stricter one would read something else.
 * `headers.ts` is the strict one, for the message's own header at the doors; here it is every header of every part, and
 * there is nobody to refuse it.
 */

export interface Field {
  /** Lower case. */
  readonly name: string;
  /** Unfolded, octets as Latin-1. */
  readonly value: string;
}

export interface FieldList {
  readonly fields: readonly Field[];
  /** A field about the structure (Content-*) is seen by some readers only. */
  readonly hidden: boolean;
  /** Offset at which some readers see the header end, so that the rest is body for them; -1: there is no such place. */
  readonly bodyForSome: number;
}

interface Reading {
  readonly fields: { name: string; value: string }[];
  /** Whether the next folded line belongs to the last field. */
  open: boolean;
  hidden: boolean;
  bodyForSome: number;
}

/** `block`: lines with their ends, without the empty line; octets as Latin-1. */
export function readFields(block: string): FieldList {
  const reading: Reading = { fields: [], open: false, hidden: false, bodyForSome: -1 };
  for (let at = 0; at < block.length; ) {
    const lf = block.indexOf('\n', at);
    const next = lf < 0 ? block.length : lf + 1;
    readLine(reading, withoutEnd(block, at, next), at);
    at = next;
  }
  const { fields, hidden, bodyForSome } = reading;
  const isBlank = bodyForSome >= 0 && block.slice(bodyForSome).trim() === '';
  return { fields, hidden, bodyForSome: isBlank ? -1 : bodyForSome };
}

function withoutEnd(block: string, from: number, next: number): string {
  let end = next;
  while (end > from && (block[end - 1] === '\n' || block[end - 1] === '\r')) end--;
  return block.slice(from, end);
}

function readLine(reading: Reading, line: string, at: number): void {
  if (line.includes('\r') || line.includes('\0')) reading.hidden = true;
  const first = line.charCodeAt(0);
  if (first === 0x20 || first === 0x09) {
    // RFC 5322 §3.2.2 forbids a folded line of white space only: for some readers it is the empty one.
    if (line.trim() === '') markBody(reading, at);
    else if (!continueField(reading, line)) readNoField(reading, line, at);
    return;
  }
  const colon = line.indexOf(':');
  const nameEnd = colon < 0 ? -1 : endOfName(line, colon);
  if (nameEnd <= 0) {
    readNoField(reading, line, at);
    return;
  }
  const name = line.slice(0, nameEnd).toLowerCase();
  if (name.startsWith('content-') && (nameEnd < colon || reading.bodyForSome >= 0)) reading.hidden = true;
  reading.fields.push({ name, value: line.slice(colon + 1) });
  reading.open = true;
}

/** RFC 5322 §4.5: white space before the colon is obsolete syntax. -1: no name (RFC 5322 §3.6.8). */
function endOfName(line: string, colon: number): number {
  let end = colon;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  for (let i = 0; i < end; i++) {
    const code = line.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return -1;
  }
  return end;
}

function continueField(reading: Reading, line: string): boolean {
  const last = reading.open ? reading.fields.at(-1) : undefined;
  if (last) last.value += line;
  return last !== undefined;
}

function readNoField(reading: Reading, line: string, at: number): void {
  reading.open = false;
  // The line that mailbox files have before each message; every reader steps over it.
  if (at === 0 && /^>?From /.test(line)) return;
  if (/^[^a-z]{0,20}content-/i.test(line)) reading.hidden = true;
  markBody(reading, at);
}

function markBody(reading: Reading, at: number): void {
  if (reading.bodyForSome < 0) reading.bodyForSome = at;
}
