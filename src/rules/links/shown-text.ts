/**
 * The text of a document as it is shown. Where an element begins or ends within a line, some programs take the text around it
 * for one word (`drop<b>box.com/s/x</b>`) and some for two: both are looked at.
 */
import { startOfEscape, unescapedCss } from './css.ts';
import { createWordFinder, type OnWord } from './words.ts';

export interface ShownText {
  write(text: string, isCss: boolean): void;
  /** An element begins or ends here; `isWide`: for every reader there is a gap. */
  gap(isWide: boolean): void;
  end(): void;
}

export function createShownText(onWord: OnWord): ShownText {
  const joined = createWordFinder(onWord);
  const apart = createWordFinder(onWord);
  /** The beginning of an escape. */
  let held = '';

  function show(text: string): void {
    joined.write(text);
    apart.write(text);
  }

  function release(): void {
    if (held !== '') show(unescapedCss(held));
    held = '';
  }

  return {
    write(text, isCss) {
      if (!isCss) {
        show(text);
        return;
      }
      const all = held + text;
      const cut = startOfEscape(all);
      held = all.slice(cut);
      show(unescapedCss(all.slice(0, cut)));
    },
    gap(isWide) {
      release();
      apart.write('\n');
      if (isWide) joined.write('\n');
    },
    end() {
      release();
      joined.end();
      apart.end();
    },
  };
}
