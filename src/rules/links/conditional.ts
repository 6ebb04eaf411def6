/**
 * Lays open what one reader takes for a comment and another for markup: Outlook reads what stands between `<!--[if mso]>` and
 * `<![endif]-->`, XML ends `<![CDATA[` where HTML does not, and shows what `<!ENTITY` names. The marks are taken away, what
 * stands between them stays.
 */

/** A mark is not longer than this; what begins like one and is longer is none. */
const LONGEST_MARK = 256;
const MARKS = /<!--\[if[^>]{0,200}\]>|<!\[CDATA\[|<!ENTITY\s|(?:<!--)?<!\[endif\](?:--)?>/gi;
/** The beginning of any mark, at its shortest. */
const BEGIN = '<!';

/** The text without marks, from the first mark on; before one is met, nothing. */
export function createOpener(onText: (text: string) => void): { write(text: string): void; end(): void } {
  let held = '';
  let isOpen = false;

  function release(text: string): void {
    if (!isOpen) {
      MARKS.lastIndex = 0;
      const first = MARKS.exec(text);
      if (!first) return;
      isOpen = true;
      onText(text.slice(first.index).replace(MARKS, ''));
    } else if (text !== '') onText(text.includes(BEGIN) ? text.replace(MARKS, '') : text);
  }

  return {
    write(text) {
      const all = held + text;
      const begin = all.length - LONGEST_MARK;
      const cut = placeToCut(all, Math.max(begin, 0));
      held = all.slice(cut);
      if (cut > 0) release(all.slice(0, cut));
    },
    end() {
      release(held);
    },
  };
}

/** A mark that has begun near the end is kept for the next piece; so is the comment's beginning that may belong to one. */
function placeToCut(text: string, from: number): number {
  for (let at = text.indexOf('<', from); at >= 0; at = text.indexOf('<', at + 1)) {
    const tail = text.slice(at);
    if (tail.length === 1 || tail.startsWith('<!')) return at;
  }
  return text.length;
}
