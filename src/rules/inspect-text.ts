/**
 * Text on its way to the link finders: which parts are read as text, as which kinds, and their octets through the charset
 * to letters.
 */
import { createTextDecoder } from '../mail/charset.ts';
import type { Part, PartReader } from '../mail/parts.ts';
import { endingOf } from './attachments.ts';
import { createUnfolder } from './calendar-text.ts';
import type { Founds } from './inspect-founds.ts';
import type { LinkFinder, TextKind } from './links/finder.ts';

/** Types that programs show as markup. */
const MARKUP_TYPES: ReadonlySet<string> = new Set([
  'text/html',
  'text/xml',
  'text/xsl',
  'application/xhtml+xml',
  'application/xml',
  'image/svg+xml',
]);
const MARKUP_ENDINGS: ReadonlySet<string> = new Set(
  'html htm xhtml xht shtml shtm svg xml xsl mxl hta webloc'.split(' '),
);
/** Files that somebody opens with a double click and reads, or whose links a program follows. */
const PLAIN_ENDINGS: ReadonlySet<string> = new Set(
  'txt text csv tsv md log ics ical ifb vcs vcf vcard json yaml yml ini conf css tex url desktop rtf eml mht mhtml'.split(
    ' ',
  ),
);
/** Types that are text in all but their first word. */
const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/rtf',
  'application/ics',
  'application/x-vcard',
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
]);

/** Their lines are folded, and one of their texts may be markup. */
const CALENDAR_TYPES = /^(?:text|application)\/(?:calendar|ics|x-vcalendar|(?:x-)?vcard|directory)$/;
const CALENDAR_ENDINGS: ReadonlySet<string> = new Set(['ics', 'ical', 'ifb', 'vcs', 'vcf', 'vcard']);

/** None: no text. Both: its type and its names disagree, so that readers may, too. */
export function textKindsOf({ type, names }: Pick<Part, 'type' | 'names'>): readonly TextKind[] {
  const endings = names.map(endingOf);
  const markup =
    MARKUP_TYPES.has(type) || type.endsWith('+xml') || endings.some((ending) => MARKUP_ENDINGS.has(ending));
  const plain = (type.startsWith('text/') && !MARKUP_TYPES.has(type)) || TEXT_TYPES.has(type);
  if (isCalendar({ type, names })) return ['text', 'html'];
  const kinds: TextKind[] = [];
  if (markup) kinds.push('html');
  if (plain || (!markup && endings.some((ending) => PLAIN_ENDINGS.has(ending)))) kinds.push('text');
  return kinds;
}

function isCalendar({ type, names }: Pick<Part, 'type' | 'names'>): boolean {
  return CALENDAR_TYPES.test(type) || names.some((name) => CALENDAR_ENDINGS.has(endingOf(name)));
}

/** One decoding for all kinds that a part is read as. */
export function readText(
  part: Part,
  kinds: readonly TextKind[],
  createFinder: (kind: TextKind) => LinkFinder,
  founds: Founds,
): PartReader {
  const finders = kinds.map(createFinder);
  // A file that is shown as a page may name its charset, whatever its type.
  const decoder = createTextDecoder(part.charset, kinds.includes('html') ? 'text/html' : part.type);
  const unfolder = isCalendar(part) ? createUnfolder() : null;
  const pass = (text: string): void => {
    if (text !== '') for (const finder of finders) finder.write(text);
  };
  const take = (text: string): void => pass(unfolder ? unfolder.write(text) : text);
  return {
    write: (octets) => take(decoder.write(octets)),
    end() {
      take(decoder.end());
      if (unfolder) pass(unfolder.end());
      for (const finder of finders) founds.addAll(finder.end());
    },
  };
}
