/** What the header of a part says about its content, and where its fields contradict each other. */
import { keepsAscii } from '../charset.ts';
import { type ContentType, readContentType } from './content-type.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { fileNames } from './file-names.ts';
import type { Field } from './header-fields.ts';
import { parseStructured } from './parameters.ts';
import type { Ambiguity, Part, TransferEncoding } from './part.ts';
import { readTransferEncoding } from './transfer-encoding.ts';

export interface Content extends Omit<Part, 'path' | 'depth'> {
  readonly boundaries: readonly string[];
  readonly ambiguities: readonly Ambiguity[];
  readonly tooManyParameters: boolean;
}

const MOST_NAMES = 20;
const MOST_LETTERS = 1_000;

/** Without a name, these are what a letter is made of, or a report about one; all else is an attachment. */
const BODY_TYPES: ReadonlySet<string> = new Set([
  'text/plain',
  'text/html',
  'text/enriched',
  'text/richtext',
  'text/calendar',
  'text/rfc822-headers',
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
]);

export function describeContent(fields: readonly Field[], defaultType: string): Content {
  const ambiguities = new Set<Ambiguity>();
  const types = valuesOf(fields, 'content-type').map(readContentType);
  for (const { ambiguities: found } of types) for (const kind of found) ambiguities.add(kind);
  if (types.some((type) => !sameType(type, types[0]))) ambiguities.add('repeated-field');

  const dispositions = valuesOf(fields, 'content-disposition').map(parseStructured);
  const type = types.find((one) => one.boundaries.length > 0) ?? types[0];
  const given = fileNames(
    dispositions.flatMap(({ parameters }) => parameters),
    types.flatMap(({ parameters }) => parameters),
  );
  const names = given.length > 0 ? given : namesElsewhere(fields);
  if (names.length > MOST_NAMES) ambiguities.add('repeated-parameter');
  const lists = dispositions.map(({ parameters }) => fileNames(parameters, []).join('\n'));
  if (new Set(lists).size > 1) ambiguities.add('repeated-field');

  const encoding = readEncoding(valuesOf(fields, 'content-transfer-encoding'), ambiguities);
  const disposition = strongest(dispositions.map(({ main }) => main));
  const known = type ? type.type : defaultType;
  return {
    type: known ?? 'text/plain',
    names: names.slice(0, MOST_NAMES),
    disposition,
    encoding,
    charset: type?.charset ?? null,
    isAttachment:
      names.length > 0 || disposition === 'attachment' || known === null || !BODY_TYPES.has(known),
    boundaries: [...new Set(types.flatMap(({ boundaries }) => boundaries))],
    ambiguities: [...ambiguities],
    tooManyParameters: [...types, ...dispositions].some(({ tooMany }) => tooMany),
  };
}

/**
 * Where some programs look for a name when it is nowhere else: Thunderbird in Content-Name and X-Sun-Data-Name, Exchange in
 * Content-Description, which is prose as a rule ("Delivery report").
 */
function namesElsewhere(fields: readonly Field[]): readonly string[] {
  const descriptions = valuesOf(fields, 'content-description').filter((text) =>
    /\.\w{2,10}["\s]*$/.test(text),
  );
  return [...valuesOf(fields, 'content-name'), ...valuesOf(fields, 'x-sun-data-name'), ...descriptions]
    .map((value) => decodeEncodedWords(value.slice(-MOST_LETTERS)).trim())
    .filter((name) => name !== '' && !/\.com$/i.test(name));
}

function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value);
}

/** Two fields that lead every reader to the same are no contradiction; names are all looked at anyway. */
function sameType(one: ContentType, other: ContentType | undefined): boolean {
  const charsets = [one.charset ?? 'us-ascii', other?.charset ?? 'us-ascii'];
  return (
    one.type === other?.type &&
    one.boundaries.join('\n') === other?.boundaries.join('\n') &&
    (charsets[0] === charsets[1] || charsets.every(keepsAscii))
  );
}

const IDENTITIES: ReadonlySet<TransferEncoding> = new Set(['7bit', '8bit', 'binary']);

function readEncoding(values: readonly string[], ambiguities: Set<Ambiguity>): TransferEncoding {
  const encodings = values.map(readTransferEncoding);
  if (encodings.includes('unknown')) ambiguities.add('unknown-encoding');
  const kinds = new Set(encodings.map((one) => (IDENTITIES.has(one) ? 'none' : one)));
  if (kinds.size > 1) ambiguities.add('repeated-field');
  return encodings.find((one) => !IDENTITIES.has(one) && one !== 'unknown') ?? encodings[0] ?? '7bit';
}

/** RFC 2183 §2.8: one that is not known is read as attachment. */
function strongest(words: readonly string[]): Part['disposition'] {
  const given = words
    .map((word) => word.toLowerCase().replace(/[\s("].*$/s, ''))
    .filter((word) => word !== '');
  if (given.some((word) => word !== 'inline')) return 'attachment';
  return given.length > 0 ? 'inline' : null;
}
