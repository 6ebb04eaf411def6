/**
 * The links in one word of text (what stands between two blanks): everything that some reader's program makes clickable. The
 * only importer of linkify-it, which knows where a link ends in prose. Told to be generous, since only hosts of the list count:
 * any top-level domain, user names, ports, and any beginning of a word but one behind `.`, `/` or `@`.
 *
 * What is taken apart on purpose (`hxxps:`, `[.]`, zero-width characters in a name without a scheme) is no link.
 */
import { LinkifyIt, REBuilder } from 'linkify-it';
import type { LinkJudge } from './judge.ts';
import type { OnWord } from './words.ts';

const SCHEME = /^(?:https?|ftp):[\\/]/i;
/** The name ends where every program ends it. */
const PLAIN = /^[a-z]+:[\\/]+[\w.-]+(?::\d{1,5})?(?:[\\/?#]|$)/i;
const BEFORE_SCHEME = /(?=(?:https?|ftp):[\\/])/i;
/** A network path, which Outlook makes clickable. */
const UNC = /(?:^|[<>("'])(\\\\[^\s<>"']+)/;

class GenerousRules extends REBuilder {
  // Made once: the library asks for it at each text.
  #linkSearch: RegExp | null = null;

  override get_tld(): RegExp {
    return /(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})/;
  }

  override get_fuzzy_url_host_port(): RegExp {
    const host = `(?:${this.get_domain().source}\\.){1,10}${this.get_tld().source}`;
    return new RegExp(`(?:${host})\\.?${this.get_port().source}${this.get_host_terminator().source}`);
  }

  override get_fuzzy_link_search(): RegExp {
    if (this.#linkSearch !== null) return this.#linkSearch;
    const start = `(^|(?![./@])(?:[$+<=>^\`|\uff5c]|${this.src_ZPCc}))`;
    const link = `${this.get_fuzzy_url_host_port().source}${this.get_path().source}`;
    this.#linkSearch = new RegExp(`${start}(?:(?![$+<=>^\`|\uff5c])${link})`, 'gi');
    return this.#linkSearch;
  }
}

const linkifier = new LinkifyIt({
  fuzzyLink: true,
  urlAuth: true,
  maxLength: 65_536,
  rebuilder: new GenerousRules(),
});

/** Where a name begins for programs that look for "www." alone, or take "..." for the end of a sentence: not behind `x://`. */
const BREAKS = /\.{2,}|(?<=[@.\\]|(?<!:\/?)\/)(?=www\.)/gi;
/** No letter has more; to sort more of them costs the square of their number (Unicode §3.11). */
const MANY_MARKS = /(\p{M}{16})\p{M}+/gu;

/** Words come twice where text is read twice; so many are remembered. */
const MAX_SEEN = 500;
const MAX_SEEN_LENGTH = 2_000;

export function createWordJudge(judge: LinkJudge): OnWord {
  const seen = new Set<string>();
  return (word) => {
    if (seen.has(word)) return;
    if (word.length <= MAX_SEEN_LENGTH) {
      if (seen.size >= MAX_SEEN) seen.clear();
      seen.add(word);
    }
    judgeWord(word, judge);
  };
}

function judgeWord(word: string, judge: LinkJudge): void {
  for (const reading of readings(word)) {
    for (const piece of reading.split(BEFORE_SCHEME)) judgePiece(piece, judge);
  }
  const unc = UNC.exec(word)?.[1];
  if (unc !== undefined) judge.link(unc);
}

/** Some programs take a link up to the next blank, others let it end at punctuation: both are judged. */
function judgePiece(piece: string, judge: LinkJudge): void {
  const whole = SCHEME.test(piece) ? (/^[^\s<>"]*/.exec(piece)?.[0] ?? '') : '';
  if (whole !== '') judge.link(whole);
  const rest = PLAIN.test(whole) ? piece.slice(whole.length) : piece;
  if (!judge.isNamedIn(rest)) return;
  for (const { schema, raw } of linkifier.match(rest.replace(BREAKS, ' ')) ?? []) {
    if (schema === 'mailto:') continue;
    if (schema === '') mention(raw, judge);
    else if (schema === '//') mention(raw.slice(2), judge);
    else judge.link(raw);
  }
}

function mention(raw: string, judge: LinkJudge): void {
  const end = raw.search(/[/?#]/);
  if (end < 0) return;
  // The library takes symbols for letters of a name ("fail=box.com"); other programs let the name begin behind them.
  const name = /[\p{L}\p{N}\p{M}\p{Cf}.:-]*$/u.exec(raw.slice(0, end))?.[0] ?? '';
  // A URL parser would drop these from a name; no program makes such a one clickable.
  if (!/\p{Cf}/u.test(name)) judge.mention(name + raw.slice(end));
}

/** NUL is a blank to some readers and nothing to others. As it stands; with the letters and dots of other scripts that are the same to a browser; and its ASCII parts alone. */
function readings(word: string): string[] {
  if (word.includes('\0')) return [...word.split(/\0+/), word.replaceAll('\0', '')].flatMap(readings);
  if (!/[^\x00-\x7f]/.test(word)) return [word];
  const folded = word.replace(MANY_MARKS, '$1').normalize('NFKC').replaceAll('\u3002', '.');
  const ascii = word.replace(/[^\x00-\x7f]+/g, ' ');
  return [...new Set([word, folded, ascii])];
}
