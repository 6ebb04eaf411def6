/**
 * Reads Content-Type (RFC 2045 §5, RFC 2046 §5.1.1) and says where another reader would find another type or another
 * boundary. Only what may be a container for somebody is read strictly: what decides where parts begin must be certain.
 */
import { hidesAscii } from '../charset.ts';
import { gather } from './extended-values.ts';
import { type Parameter, parseStructured } from './parameters.ts';
import type { Ambiguity } from './part.ts';

export interface ContentType {
  /** Lower case; null: it cannot be read as any. */
  readonly type: string | null;
  readonly charset: string | null;
  /** Octets as Latin-1: each that some reader might take; more than one only together with an ambiguity. */
  readonly boundaries: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly tooMany: boolean;
  readonly ambiguities: readonly Ambiguity[];
}

const LONGEST_TYPE = 127;
const LONGEST_BOUNDARY = 1_000;
const TOKEN = /^([!#-'*+\-.0-9A-Z^-~]+)\/([!#-'*+\-.0-9A-Z^-~]+)/i;

export function readContentType(value: string): ContentType {
  const { main, parameters, commented, tooMany } = parseStructured(value);
  const { type, doubtful } = readType(main.slice(0, 1_000));
  const ambiguities = new Set<Ambiguity>(doubtful ? ['bad-content-type'] : []);
  const isMultipart = type?.startsWith('multipart/') ?? false;
  const boundaries = isMultipart ? readBoundary(value, parameters, ambiguities) : [];
  if (isMultipart && commented) ambiguities.add('bad-content-type');
  const charset = readCharset(parameters);
  if (type === null || type.startsWith('text/')) {
    if (charset.many) ambiguities.add('repeated-parameter');
    if (charset.name !== null && hidesAscii(charset.name)) ambiguities.add('charset');
  }
  if (type === 'message/partial') ambiguities.add('partial');
  if (type === 'message/external-body') ambiguities.add('external-body');
  return { type, charset: charset.name, boundaries, parameters, tooMany, ambiguities: [...ambiguities] };
}

/** `doubtful`: it may be a container for somebody, or it is one, but not as the grammar has it. */
function readType(main: string): { type: string | null; doubtful: boolean } {
  const clean = TOKEN.exec(main);
  const behind = clean ? main.slice(clean[0].length).trim() : '';
  const type = clean ? clean[0].toLowerCase() : looseType(main);
  const readable = type !== null && type.length <= LONGEST_TYPE ? type : null;
  if (clean && behind === '') return { type: readable, doubtful: readable === null };
  const bare = withoutComments(main).replace(/\s+/g, '');
  const mayContain = /multipart|message|rfc822/i.test(main + bare);
  return { type: readable, doubtful: mayContain || main.includes('=?') || (!clean && main.includes('(')) };
}

/** What a reader takes that steps over comments, quotes and white space; "text" alone is RFC 1049's for plain text. */
function looseType(main: string): string | null {
  const bare = withoutComments(main).replace(/["\s]+/g, '');
  const type = TOKEN.exec(bare)?.[0].toLowerCase();
  if (type !== undefined) return type;
  if (/^(?:text\/?)?$/i.test(bare)) return 'text/plain';
  return /^multipart/i.test(bare) ? 'multipart/mixed' : null;
}

function withoutComments(text: string): string {
  let plain = '';
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')' && depth > 0) depth--;
    else if (depth === 0) plain += char;
  }
  return plain;
}

function readBoundary(value: string, parameters: readonly Parameter[], found: Set<Ambiguity>): string[] {
  const { plain, extended } = gather(parameters, 'boundary');
  const candidates = new Set<string>();
  for (const { value: boundary, other } of plain) {
    candidates.add(boundary);
    if (other === null) continue;
    // `boundary=b (comment)`, `boundary=b c`, `boundary="b"c`: one stops where the other goes on.
    found.add(`${boundary}${other}`.includes('(') ? 'bad-content-type' : 'bad-boundary');
    candidates.add(other);
  }
  // Encoded words are none here (RFC 2047 §5), but who decodes them sees another boundary.
  if (plain.some((parameter) => /=\?[^?]+\?[bq]\?/i.test(parameter.value))) found.add('bad-content-type');
  if (new Set([...plain.map((parameter) => parameter.value), ...extended]).size > 1) {
    found.add('repeated-parameter');
  }
  if (extended.length > 0) found.add('bad-boundary');
  for (const boundary of extended) candidates.add(Buffer.from(boundary, 'utf8').toString('latin1'));
  // A semicolon is missing before it.
  const unseen =
    candidates.size === 0 ? /\bboundary\s{0,9}=\s{0,9}"?([^";\s]{1,200})/i.exec(value)?.[1] : undefined;
  if (unseen !== undefined) {
    found.add('bad-content-type');
    candidates.add(unseen);
  }
  if (candidates.size === 0 || [...candidates].some(isBadBoundary)) found.add('bad-boundary');
  return [...candidates]
    .map((boundary) => boundary.replace(/[ \t]+$/, ''))
    .filter((boundary) => boundary !== '' && boundary.length <= LONGEST_BOUNDARY)
    .slice(0, 8);
}

/**
 * RFC 2046 §5.1.1: 1 to 70 characters, no space at the end. More characters than its list pass (`#`, `@`, `{` …): programs
 * use them, and no reader stumbles over them.
 */
function isBadBoundary(boundary: string): boolean {
  return (
    boundary.length > 70 ||
    !/^[\x21\x23-\x5b\x5d-\x7e](?:[\x20\x21\x23-\x5b\x5d-\x7e]*[\x21\x23-\x5b\x5d-\x7e])?$/.test(boundary)
  );
}

function readCharset(parameters: readonly Parameter[]): { name: string | null; many: boolean } {
  const { plain, extended } = gather(parameters, 'charset');
  const names = [...plain.map(({ value, other }) => other || value), ...extended]
    .map((name) => name.replace(/["'\s]+/g, '').toLowerCase())
    .filter((name) => name !== '');
  return { name: names[0]?.slice(0, 100) ?? null, many: new Set(names).size > 1 };
}
