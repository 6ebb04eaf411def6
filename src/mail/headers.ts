/**
 * The header block of a message as raw octets (RFC 5322 §2.2): where its fields lie, without decoding anything.
 * What cannot be read in exactly one way is malformed; it is for the caller to refuse it.
 */

export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  /** Offsets into the block: the field with its folded lines and its last CR LF. */
  readonly start: number;
  readonly end: number;
  /** Where the value begins: behind the colon. */
  readonly valueStart: number;
}

export type HeaderBlock =
  | { readonly kind: 'fields'; readonly fields: readonly HeaderField[] }
  /** `why` is for operators. */
  | { readonly kind: 'malformed'; readonly why: string };

const LF = 0x0a;
const COLON = 0x3a;

/** `block`: the lines of the header, with or without the empty line behind them; each ends with CR LF. */
export function parseHeaderBlock(block: Buffer): HeaderBlock {
  const fields: HeaderField[] = [];
  let open: { name: string; start: number; valueStart: number } | null = null;
  let at = 0;
  while (at < block.length) {
    const lf = block.indexOf(LF, at);
    const next = lf < 0 ? block.length : lf + 1;
    const empty = next - at <= 2;
    if (isSpace(block[at])) {
      if (!open) return malformed('the first line is a folded one');
      // RFC 5322 §3.2.2: no folded line of white space only; readers differ on whether it ends the header.
      if (isBlank(block, at, next)) return malformed('a line of white space only');
    } else {
      if (open) fields.push({ ...open, end: at });
      open = empty ? null : startField(block, at, next);
      if (!empty && !open) return malformed(describe(block, at, next));
      if (empty) break;
    }
    at = next;
  }
  if (open) fields.push({ ...open, end: block.length });
  return { kind: 'fields', fields };
}

function startField(
  block: Buffer,
  at: number,
  next: number,
): { name: string; start: number; valueStart: number } | null {
  let i = at;
  // RFC 5322 §3.6.8: printable ASCII except the colon; a space before the colon is not taken.
  while (i < next && isNameOctet(block[i])) i++;
  if (i === at || block[i] !== COLON) return null;
  return { name: block.toString('latin1', at, i).toLowerCase(), start: at, valueStart: i + 1 };
}

function describe(block: Buffer, at: number, next: number): string {
  if (block.toString('latin1', at, at + 5) === 'From ') return 'a line of a mailbox file ("From ")';
  const colon = block.indexOf(COLON, at);
  return colon < 0 || colon >= next ? 'a line without colon' : 'a field name that is none';
}

function malformed(why: string): HeaderBlock {
  return { kind: 'malformed', why };
}

function isNameOctet(octet: number | undefined): boolean {
  return octet !== undefined && octet > 0x20 && octet < 0x7f && octet !== COLON;
}

function isSpace(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09;
}

function isBlank(block: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((block[i] ?? 0) > 0x20) return false;
  return true;
}

/** The value on one line: folds taken out (RFC 5322 §2.2.3), white space around it too; octets as Latin-1. */
export function fieldValue(block: Buffer, field: HeaderField): string {
  return block
    .toString('latin1', field.valueStart, field.end)
    .replace(/\r\n(?=[ \t])/g, '')
    .trim();
}

export function fieldsNamed(fields: readonly HeaderField[], name: string): HeaderField[] {
  return fields.filter((field) => field.name === name);
}

/** The block without the fields that `drop` picks, in as few pieces as may be; no octet of the rest is touched. */
export function withoutFields(
  block: Buffer,
  fields: readonly HeaderField[],
  drop: (name: string) => boolean,
): Buffer[] {
  const pieces: Buffer[] = [];
  let kept = 0;
  for (const field of fields) {
    if (!drop(field.name)) continue;
    if (field.start > kept) pieces.push(block.subarray(kept, field.start));
    kept = field.end;
  }
  if (kept < block.length) pieces.push(block.subarray(kept));
  return pieces;
}
