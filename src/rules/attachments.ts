/**
 * Attachments by their names and by their size: programs and scripts (PTPA 3/2017 L1 §3(iv)(e)), and more than may be sent
 * (§10(iv)). A name is judged as each reader might take it, since systems and mail programs cut, trim and fold names
 * in ways of their own. Pure; cost grows with the length of the names.
 */
import type { Found } from '../mail/finding.ts';

/** Characters that no reader shows: controls, and those that turn the direction or have no width (U+202E, U+200B …). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** "letter.txt.{3050F4D8-…}": Windows opens it by the class that is named. */
const CLASS_ENDING = /^\{[0-9a-f]{8}-[0-9a-f-]{27}\}$/;
/** Also the ending of domains: "Re: example.com: report.pdf" and an attached message about example.com are no programs. */
export const DOMAIN_ENDING = 'com';

/**
 * Null, or the first name that is dangerous. `part`: where it is. `dangerousNames`: endings without the dot, lower case.
 * `type`: attached messages (`message/rfc822`) are named by their subject, which may end in a domain.
 */
export function judgeName(
  names: readonly string[],
  part: string | null,
  dangerousNames: readonly string[],
  type = '',
): Found | null {
  const inProse = dangerousNames.filter((ending) => ending !== DOMAIN_ENDING);
  const endings = type.startsWith('message/') ? inProse : dangerousNames;
  for (const name of names) {
    const isDangerous =
      isDangerousEnding(endingOf(name), endings) ||
      shortened(name).some((reading) => isDangerousEnding(endingOfPlain(reading), inProse));
    if (isDangerous) return { reason: 'dangerous-attachment', detail: shownName(name), part };
  }
  return null;
}

/** Lower case, without its dot, of the name as most readers take it; "": none. */
export function endingOf(name: string): string {
  return endingOfPlain(plain(name));
}

/** As every reader takes it, also those that end the name early. */
export function endingsOf(name: string): readonly string[] {
  return [...new Set([endingOf(name), ...shortened(name).map(endingOfPlain)])];
}

/** A name for people and the log: one line, at most 200 characters, nothing in it that a terminal obeys or hides. */
export function shownName(name: string): string {
  const text = name.toWellFormed().replace(UNSEEN, '?').trim();
  const cut = text.length > 200 ? `${text.slice(0, 120)}...${text.slice(-77)}` : text;
  return cut.toWellFormed();
}

/** Null: within the limit; exactly `limitBytes` are. */
export function judgeSize(bytes: number, limitBytes: number): Found | null {
  if (bytes <= limitBytes) return null;
  const limit = inUnits(limitBytes, Math.floor);
  const rounded = inUnits(bytes, Math.round);
  // Upwards, where the sum would read like the limit.
  const detail = `${rounded === limit ? inUnits(bytes, Math.ceil) : rounded} of ${limit}`;
  return { reason: 'attachment-size', detail, part: null };
}

function isDangerousEnding(ending: string, dangerous: readonly string[]): boolean {
  return dangerous.includes(ending) || CLASS_ENDING.test(ending);
}

/**
 * The name as readers take it that end it early: at a control character, at ";" or a quotation mark, or at the ":"
 * of an alternate data stream of Windows ("y.exe::$DATA").
 */
function shortened(name: string): string[] {
  const atControl = name.split(/[\x00-\x1f]/, 1);
  const folded = plain(name);
  const cut = [folded, baseOf(folded)].flatMap((text) =>
    [/;/, /"/, /:/].flatMap((mark) => text.split(mark, 1)),
  );
  return [...atControl, ...cut].map(plain);
}

/** Folded (full-width letters, dots that are no dots), without what is not seen, without what Windows drops from the end. */
function plain(name: string): string {
  return trimmed(name.replace(UNSEEN, '').normalize('NFKC').replace(UNSEEN, '').toLowerCase());
}

/** By hand: an expression for the end of a text may cost the square of its length. */
function trimmed(text: string): string {
  let end = text.length;
  while (end > 0 && /[\s./\\"']/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end).trim();
}

function endingOfPlain(text: string): string {
  const base = baseOf(text);
  const dot = base.lastIndexOf('.');
  return dot < 0 ? '' : base.slice(dot + 1).trim();
}

function baseOf(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1);
}

/** In the largest unit that leaves at least 1, with one decimal that `round` makes. */
function inUnits(bytes: number, round: (tenths: number) => number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let unit = 0;
  while (unit < units.length - 1 && bytes >= 1024 ** (unit + 1)) unit++;
  return `${round((bytes / 1024 ** unit) * 10) / 10} ${units[unit]}`;
}
