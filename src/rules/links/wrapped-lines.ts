/**
 * Words that a reader's program puts together from two lines of plain text: format=flowed with DelSp (RFC 3676 §4.2: the line
 * ends in a blank, which goes with the line end), and a link in angle brackets over several lines (RFC 3986 appendix C).
 * Quote marks at the beginning of the next line are skipped (RFC 3676 §4.5).
 */
import { isPromising, type OnWord } from './words.ts';

const LONGEST_WORD = 65_536;

/** Takes whole lines; gives the words that were put together, when they may hold a link. */
export function createLineJoiner(onWord: OnWord): (text: string) => void {
  let open = '';

  function line(text: string): void {
    const isFlowed = text.endsWith(' ');
    const trimmed = text.trimEnd();
    if (open !== '') {
      const [first = ''] = /^[^\s]+/.exec(trimmed.replace(/^[>\s]+/, '')) ?? [];
      const joined = open + first;
      open = '';
      if (isSingle(trimmed) && joined.length < LONGEST_WORD && (isFlowed || isOpened(joined))) {
        open = joined;
        return;
      }
      if (isPromising(joined)) onWord(joined);
    }
    if (!isFlowed && !trimmed.includes('<')) return;
    const last = trimmed.slice(lastBlank(trimmed) + 1);
    if (last !== '' && (isFlowed || isOpened(last))) open = last;
  }

  return (text) => {
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf('\n', at);
      const stop = end < 0 ? text.length : end;
      line(text.slice(at, text.charCodeAt(stop - 1) === 0x0d ? stop - 1 : stop));
      at = stop + 1;
    }
  };
}

/** `<https://…` or `<URL:https://…` without its `>`. */
function isOpened(word: string): boolean {
  return word.startsWith('<') && !word.includes('>') && /^<(?:URL:)?(?:https?|ftp):/i.test(word);
}

function isSingle(line: string): boolean {
  return !/\s/.test(line.replace(/^[>\s]+/, ''));
}

function lastBlank(text: string): number {
  return Math.max(text.lastIndexOf(' '), text.lastIndexOf('\t'));
}
