/**
 * What holds for a document as a whole: the base that its relative links are joined to, which may stand behind them. They are
 * kept until the end, bounded; a browser takes the first base, other programs another, so all are tried.
 */
import { canonicalLink, isRelative, stripped } from './canonical.ts';
import type { LinkJudge } from './judge.ts';
import { createWordJudge } from './text.ts';
import type { OnWord } from './words.ts';

const MAX_BASES = 4;
const MAX_RELATIVE = 2_000;
/** Characters of one: the steps that make it a shared file are the first. */
const MAX_LENGTH = 512;

export interface HtmlDocument {
  /** A word of text. */
  readonly word: OnWord;
  /** An element's link, with or without a scheme. */
  link(raw: string): void;
  base(raw: string): void;
  end(): void;
}

export function createDocument(judge: LinkJudge): HtmlDocument {
  const bases = new Set<string>();
  const relative = new Set<string>();
  return {
    word: createWordJudge(judge),
    link(raw) {
      judge.link(raw);
      const text = stripped(raw.slice(0, MAX_LENGTH));
      if (isRelative(text) && relative.size < MAX_RELATIVE) relative.add(text);
    },
    base(raw) {
      judge.link(raw);
      const link = canonicalLink(raw);
      if (link !== null && bases.size < MAX_BASES) bases.add(`https://${link.host}${link.tail}`);
    },
    end() {
      for (const base of bases) for (const link of relative) judge.link(link, base);
    },
  };
}
