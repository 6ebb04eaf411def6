/**
 * Text as it comes → the words that may hold a link. In constant memory, one pass, whatever the pieces: a word ends at a blank
 * or a line end; one that does not end is looked at in windows that overlap by the length of the longest link.
 *
 * Nearly no word of prose holds a link, so a cheap look comes first: two slashes, or a dotted name with something behind it.
 */

const LONGEST_LINK = 65_536;
/** Lines are looked at in batches of about so many characters. */
const BATCH = 16_384;
/** NUL aside: `//`, `\\`; `.com/`, `.com?`, `.com:443`, also with a dot at the end of the name and in the full-width forms that browsers take. */
const PROMISING = /[\\/]\0*[\\/]|[.\u3002\uff0e\uff61]\0?[\w\0\uff10-\uff5a-]{2,126}\.?\0?[/?#:]/g;

export interface WordFinder {
  write(text: string): void;
  end(): void;
}

export type OnWord = (word: string) => void;

/** `lines`: gets the text in whole lines, but for those longer than `LONGEST_LINK`. */
export function createWordFinder(onWord: OnWord, lines?: (text: string) => void): WordFinder {
  let rest = '';
  let hasLine = false;
  /** The length at which it is looked at again, so that what does not end is not searched for its end at each piece. */
  let next = BATCH;

  function release(upTo: number, keepFrom: number): void {
    const text = rest.slice(0, upTo);
    rest = rest.slice(keepFrom);
    hasLine = false;
    next = rest.length + BATCH;
    findWords(text, onWord);
    lines?.(text);
  }

  function shorten(): void {
    const line = hasLine ? rest.lastIndexOf('\n') + 1 : 0;
    const end = line > 0 || rest.length < LONGEST_LINK ? line : startOfLastWord(rest);
    if (end > 0) release(end, end);
    // No window may begin or end within a name: "mailbox.com" is not "box.com".
    else if (rest.length >= 2 * LONGEST_LINK)
      release(border(rest, rest.length - 1, -1), border(rest, rest.length - LONGEST_LINK, 1));
    else next = rest.length + BATCH;
  }

  return {
    write(text) {
      // Pieces of any size are fed on in small ones, so that the memory does not depend on them.
      for (let at = 0; at < text.length; at += LONGEST_LINK) {
        const piece = text.length <= LONGEST_LINK ? text : text.slice(at, at + LONGEST_LINK);
        rest += piece;
        hasLine ||= piece.includes('\n');
        if (rest.length >= next && (hasLine || rest.length >= LONGEST_LINK)) shorten();
      }
    },
    end() {
      release(rest.length, rest.length);
    },
  };
}

/** Whether a link could be found anything in it. */
export function isPromising(word: string): boolean {
  PROMISING.lastIndex = 0;
  return PROMISING.test(word);
}

function findWords(text: string, onWord: OnWord): void {
  PROMISING.lastIndex = 0;
  let done = 0;
  for (let hit = PROMISING.exec(text); hit !== null; hit = PROMISING.exec(text)) {
    let start = hit.index;
    while (start > done && !isBlank(text.charCodeAt(start - 1))) start--;
    let end = PROMISING.lastIndex;
    while (end < text.length && !isBlank(text.charCodeAt(end))) end++;
    done = end;
    PROMISING.lastIndex = end;
    onWord(text.slice(start, end));
  }
}

/** The next place that cannot be within the name of a host (RFC 1035 §2.3.4: at most 253 octets); `at` itself if that is far. */
function border(text: string, at: number, step: 1 | -1): number {
  for (let place = at; Math.abs(place - at) <= 300; place += step) {
    if (/[^\w.-]/.test(text.charAt(place))) return place;
  }
  return at;
}

/** 0: there is one word only. */
function startOfLastWord(text: string): number {
  let at = text.length;
  while (at > 0 && isBlank(text.charCodeAt(at - 1))) at--;
  while (at > 0 && !isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

function isBlank(code: number): boolean {
  return (code <= 0x20 && code !== 0) || code === 0x7f || code === 0xa0;
}
