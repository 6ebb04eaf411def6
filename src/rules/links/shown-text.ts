/**
 * The text of a document as it is shown. Where an element begins or ends within a line, some programs take the text around it
 * for one word (`drop<b>box.com/s/x</b>`) and some for two: both are looked at.
 */
import { unescapedCss } from './css.ts';
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
  return {
    write(text, isCss) {
      const shown = isCss ? unescapedCss(text) : text;
      joined.write(shown);
      apart.write(shown);
    },
    gap(isWide) {
      apart.write('\n');
      if (isWide) joined.write('\n');
    },
    end() {
      joined.end();
      apart.end();
    },
  };
}
