/**
 * Takes rich text (RTF 1.9.1) apart as it comes: the letters that are shown, those written as numbers among them, and the
 * digits of the objects that are drawn into it. All other control words are passed over.
 */

export interface RtfHandlers {
  text(text: string): void;
  /** What stands in a text and is no word of it: a note, a bookmark, what a reader may not know. */
  aside(text: string): void;
  /** Hexadecimal digits of an object (`\objdata`), in pieces. */
  object(digits: string): void;
  objectEnd(): void;
}

/** Words that end a word of the text. */
const BORDERS = new Set(['par', 'line', 'tab', 'cell', 'row', 'page', 'sect', 'fldinst', 'fldrslt']);
/** RTF 1.9.1, "Destinations": groups that are shown elsewhere or not at all; so are all that begin with `\*`, */
const ASIDE = new Set(
  'pict nonshppict info xe tc footnote annotation header headerl headerr headerf footer footerl footerr footerf fonttbl colortbl stylesheet'.split(
    ' ',
  ),
);
/** but for these: they are the text, or its only content. */
const INLINE = new Set(['fldinst', 'template', 'htmltag', 'objdata', 'shptxt', 'shppict', 'hlsrc']);
/** A control word with its number may be so long: a piece is not cut within. */
const MAX_WORD = 64;
/** Groups in groups whose settings are remembered. */
const MAX_DEPTH = 10_000;

const TOKEN = /([{}])|\\(?:'([\da-fA-F]{2})|([a-zA-Z]{1,40})(-?\d{1,10})? ?|([^a-zA-Z]))|([^\\{}]+)/y;

/** Takes pieces of text; an empty one ends it. */
export function createRtfReader(handlers: RtfHandlers): (piece: string) => void {
  const read = createTokenReader(handlers);
  let rest = '';
  return (piece) => {
    const text = rest + piece;
    // A control word may go on in the next piece.
    const last = piece === '' ? -1 : text.lastIndexOf('\\');
    const end = last >= 0 && text.length - last < MAX_WORD ? last : text.length;
    rest = text.slice(end);
    const whole = text.slice(0, end);
    for (let at = 0; at < whole.length; ) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(whole);
      if (token) read(token);
      at = token ? at + token[0].length : at + 1;
    }
  };
}

function createTokenReader(handlers: RtfHandlers): (token: RegExpExecArray) => void {
  /** Letters that stand for a `\uN` where it cannot be shown: as many as the last `\ucN` of the group says. */
  const fallbacks: number[] = [1];
  let skip = 0;
  let depth = 0;
  /** Depth of the group of an object's digits; 0: none. */
  let object = 0;
  /** Depth of the group that stands aside; 0: none. */
  let aside = 0;
  let starred = false;

  const write = (text: string): void => (aside > 0 ? handlers.aside(text) : handlers.text(text));
  const show = (letters: string): void => {
    const passed = Math.min(skip, letters.length);
    skip -= passed;
    if (letters.length > passed) write(letters.slice(passed));
  };
  const control = (word: string, number: number | null): void => {
    if (aside === 0 && (starred ? !INLINE.has(word) : ASIDE.has(word))) aside = depth;
    starred = false;
    if (word === 'objdata') object = depth;
    else if (word === 'uc') fallbacks[fallbacks.length - 1] = number ?? 1;
    else if (word === 'u' && number !== null) {
      write(String.fromCharCode(number & 0xffff));
      skip = fallbacks.at(-1) ?? 1;
    } else if (BORDERS.has(word)) write('\n');
  };
  const group = (mark: string): void => {
    depth += mark === '{' ? 1 : -1;
    skip = 0;
    starred = false;
    if (depth < aside) {
      handlers.aside('\n');
      aside = 0;
    }
    if (mark === '{' && fallbacks.length < MAX_DEPTH) fallbacks.push(fallbacks.at(-1) ?? 1);
    else if (mark === '}' && fallbacks.length > 1) fallbacks.pop();
    if (object === 0 || depth >= object) return;
    object = 0;
    handlers.objectEnd();
  };

  return ([, mark, hex, word, number, symbol, letters]) => {
    if (mark !== undefined) group(mark);
    else if (word !== undefined) control(word, number === undefined ? null : Number.parseInt(number, 10));
    else if (hex !== undefined) show(String.fromCharCode(Number.parseInt(hex, 16)));
    else if (symbol === '*') starred = true;
    else if (symbol !== undefined && '\\{}'.includes(symbol)) show(symbol);
    else if (letters !== undefined && object > 0) handlers.object(letters.replace(/[^\da-fA-F]/g, ''));
    else if (letters !== undefined) show(letters.replace(/[\r\n]/g, ''));
  };
}
