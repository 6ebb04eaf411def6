/** Style sheets as text to look for links in. Pure. */

/** CSS Syntax 3 §4.3.7: `\64 ropbox` is "dropbox". The functions and strings around a link end it as punctuation does. */
export function unescapedCss(css: string): string {
  if (!css.includes('\\')) return css;
  return css.replace(
    /\\(?:([0-9a-f]{1,6})\s?|\r?\n|([^\r\n]))/gi,
    (_, hex: string | undefined, other: string | undefined) => {
      if (hex === undefined) return other ?? '';
      const code = Number.parseInt(hex, 16);
      return code === 0 || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    },
  );
}

/** Where an escape begins that the text ends in; its length if in none. */
export function startOfEscape(css: string): number {
  const at = css.search(/\\(?:[0-9a-f]{0,6}\s?)?$/i);
  return at < 0 ? css.length : at;
}
