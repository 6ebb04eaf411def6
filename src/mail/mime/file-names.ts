/** Every file name of a part that some mail program might show, decoded, the likeliest first. */
import { decodeEncodedWords, decodeRaw } from './encoded-words.ts';
import { gather } from './extended-values.ts';
import type { Parameter } from './parameters.ts';

/** The end of a longer one is kept: it says what kind of file it is. */
const LONGEST_NAME = 1_000;

/** RFC 2183 §2.3 `filename` and the older `name` (RFC 2045 §2 draws on it), in either field as programs take them. */
export function fileNames(disposition: readonly Parameter[], type: readonly Parameter[]): readonly string[] {
  const names = new Set<string>();
  for (const parameters of [disposition, type]) {
    for (const key of ['filename', 'name']) for (const name of namesOf(parameters, key)) names.add(name);
  }
  return [...names].filter((name) => name.trim() !== '');
}

function namesOf(parameters: readonly Parameter[], key: string): string[] {
  const { plain, extended } = gather(parameters, key);
  const written = plain.flatMap(({ value, other }) => (other === null ? [value] : [value, other]));
  // RFC 2047 §5 forbids encoded words here; Outlook and Gmail write them all the same, and some take them as they stand.
  return [
    ...extended.flatMap((name) => [decodeEncodedWords(asOctets(name)), name]),
    ...written.flatMap((name) => [decodeEncodedWords(name), decodeRaw(name)]),
  ].map((name) => name.slice(-LONGEST_NAME));
}

function asOctets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
