/**
 * Text on its way to the link finders: which parts are read as text, as which kinds, and their octets through the charset
 * to letters.
 */
import { charsetInMarkup, createTextDecoder, hidesAscii, readingsOf } from '../mail/charset.ts';
import { QuotedPrintableDecoder } from '../mail/mime/quoted-printable.ts';
import type { Part, PartReader } from '../mail/parts.ts';
import { endingOf, endingsOf } from './attachments.ts';
import { createPercentDecoder, createUnfolder } from './calendar-text.ts';
import type { Founds } from './inspect-founds.ts';
import { structureWords } from './inspect-structure.ts';
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
  'txt text csv tsv md log ics ical ifb vcs vcf vcard json yaml yml ini conf css tex url website desktop rtf eml mht mhtml'.split(
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
  if (isCalendar({ type, names })) return ['text', 'html'];
  const endings = names.flatMap(endingsOf);
  const markup =
    MARKUP_TYPES.has(type) || type.endsWith('+xml') || endings.some((ending) => MARKUP_ENDINGS.has(ending));
  const isText = type.startsWith('text/') && !MARKUP_TYPES.has(type);
  const plain = isText || TEXT_TYPES.has(type) || endings.some((ending) => PLAIN_ENDINGS.has(ending));
  const kinds: TextKind[] = [];
  // Text of any other type may be markup to somebody: text/x-amp-html, text/enriched.
  if (markup || (isText && type !== 'text/plain')) kinds.push('html');
  if (plain) kinds.push('text');
  return kinds;
}

function isCalendar({ type, names }: Pick<Part, 'type' | 'names'>): boolean {
  return CALENDAR_TYPES.test(type) || names.some((name) => CALENDAR_ENDINGS.has(endingOf(name)));
}

/** One decoding for all kinds that a part is read as, and one more for each way in which readers may undo what is in it. */
export function readText(
  part: Part,
  kinds: readonly TextKind[],
  createFinder: (kind: TextKind) => LinkFinder,
  founds: Founds,
): PartReader {
  // A file that is shown as a page may name its charset, whatever its type.
  const type = kinds.includes('html') ? 'text/html' : part.type;
  const readings = readingsOf(part.charset).flatMap((charset) =>
    (isCalendar(part) ? CALENDAR_CODES : PLAIN).map((code): PartReader => {
      const passed = passTo(kinds.map(createFinder), founds);
      const decoder = createTextDecoder(charset, type);
      const text =
        code === 'none' && type === 'text/html' ? createCharsetWatch(passed, part, founds) : passed;
      const take = isCalendar(part) ? createCalendarReading(text, code === 'percent') : text;
      const octets: PartReader = {
        write: (piece) => take.write(decoder.write(piece)),
        end() {
          take.write(decoder.end());
          take.end();
        },
      };
      return code === 'quoted-printable' ? quotedPrintable(octets) : octets;
    }),
  );
  return {
    write(octets) {
      for (const reading of readings) reading.write(octets);
    },
    end() {
      for (const reading of readings) reading.end();
    },
  };
}

interface TextReader {
  write(text: string): void;
  end(): void;
}

const PLAIN = ['none'] as const;
/** vCard 2.1 and vCalendar 1.0 have values in quoted-printable; Thunderbird writes a page into ALTREP (`data:text/html,%3C…`). */
const CALENDAR_CODES = ['none', 'quoted-printable', 'percent'] as const;

function passTo(finders: readonly LinkFinder[], founds: Founds): TextReader {
  return {
    write(text) {
      if (text !== '') for (const finder of finders) finder.write(text);
    },
    end() {
      for (const finder of finders) founds.addAll(finder.end());
    },
  };
}

function quotedPrintable(reader: PartReader): PartReader {
  const decoder = new QuotedPrintableDecoder((octets) => reader.write(octets));
  return {
    write: (octets) => decoder.write(octets),
    end() {
      decoder.end();
      reader.end();
    },
  };
}

function createCalendarReading(reader: TextReader, isCoded: boolean): TextReader {
  const unfolder = createUnfolder();
  const percent = isCoded ? createPercentDecoder() : null;
  const pass = (text: string): void => reader.write(percent ? percent.write(text) : text);
  return {
    write: (text) => pass(unfolder.write(text)),
    end() {
      pass(unfolder.end());
      if (percent) reader.write(percent.end());
      reader.end();
    },
  };
}

const WATCHED = 1_024;

/** A page that says of itself that its letters mean others (UTF-7): programs for mail still believe it. */
function createCharsetWatch(reader: TextReader, part: Part, founds: Founds): TextReader {
  let start = '';
  return {
    write(text) {
      if (start.length < WATCHED) start += text.slice(0, WATCHED);
      reader.write(text);
    },
    end() {
      const named = charsetInMarkup(start);
      if (named !== null && hidesAscii(named)) {
        founds.add({ reason: 'structure', detail: structureWords('charset'), part: part.path });
      }
      reader.end();
    },
  };
}
