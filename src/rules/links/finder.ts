/**
 * Finds links to external storage in the text of one part, as it comes: text (`words.ts` → `text.ts`) or markup (`html.ts`)
 * → `judge.ts`, which brings each link to one spelling (`canonical.ts`), looks into wrappers (`unwrap.ts`) and at the list (`match.ts`).
 *
 * Constant memory, one pass, and cost that grows as the text does; nothing in it makes this throw. PTPA 3/2017 L1 §10(viii).
 */
import type { Found } from '../../mail/finding.ts';
import { createHtmlFinder } from './html.ts';
import { createLinkJudge, type LinkJudge, type LinkJudgeOptions } from './judge.ts';
import { createWordJudge } from './text.ts';
import { createWordFinder, type WordFinder } from './words.ts';
import { createLineJoiner } from './wrapped-lines.ts';

/** html: markup (HTML, SVG, XHTML). text: everything else that a reader shows as text. */
export type TextKind = 'text' | 'html';

export interface LinkFinder {
  /** Decoded text in pieces of any size. */
  write(text: string): void;
  /** What was found, each host once, at most 20; storage before shorteners. */
  end(): Found[];
}

export type CreateLinkFinder = (options: LinkJudgeOptions & { readonly kind: TextKind }) => LinkFinder;

/** For a URL that stands alone (a PDF annotation, an Office relationship, a .url file). */
export type JudgeLink = (url: string, options: LinkJudgeOptions) => Found | null;

export const createLinkFinder: CreateLinkFinder = (options) => {
  const judge = createLinkJudge(options);
  const finder = options.kind === 'html' ? createHtmlFinder(judge) : createTextFinder(judge);
  return {
    write: finder.write,
    end() {
      finder.end();
      return judge.found();
    },
  };
};

export const judgeLink: JudgeLink = (url, options) => {
  const judge = createLinkJudge(options);
  judge.link(url);
  return judge.found()[0] ?? null;
};

function createTextFinder(judge: LinkJudge): WordFinder {
  const onWord = createWordJudge(judge);
  return createWordFinder(onWord, createLineJoiner(onWord));
}
