/**
 * The links of markup, as it comes: HTML, XHTML, SVG. The only importer of htmlparser2, of which it uses the tokenizer alone,
 * since that one hands on long attributes and texts in pieces; its parser would gather them.
 *
 * A document is read more than once where programs differ: as a browser does; with conditional comments and CDATA laid open
 * (`conditional.ts`); and again from inside what this reading takes for raw text or for an attribute with `<` in it.
 * A link that any reading shows counts. Comments are shown by none.
 */
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { type Attributes, createAttributes } from './attribute-values.ts';
import { isRaw, leavesGap } from './attributes.ts';
import { createOpener } from './conditional.ts';
import { createDocument, type HtmlDocument } from './document.ts';
import type { LinkJudge } from './judge.ts';
import { createShownText, type ShownText } from './shown-text.ts';
import { createEcho, createSource, type Echo, MAX_NAME, type Source } from './source.ts';
import type { WordFinder } from './words.ts';

/** Readings within readings: of an attribute in an attribute, a `data:` document in a document. */
const MAX_DEPTH = 4;

export function createHtmlFinder(judge: LinkJudge): WordFinder {
  const document = createDocument(judge);
  const asBrowsers = createReading(document, 0);
  const laidOpen = createReading(document, 0);
  const opener = createOpener((text) => laidOpen.write(text));
  return {
    write(text) {
      // Browsers replace NUL, others drop it; dropped, what stands around it is one word.
      const clean = text.includes('\0') ? text.replaceAll('\0', '') : text;
      asBrowsers.write(clean);
      opener.write(clean);
    },
    end() {
      opener.end();
      asBrowsers.end();
      laidOpen.end();
      document.end();
    },
  };
}

function createReading(document: HtmlDocument, depth: number): WordFinder {
  const within = (): WordFinder | null => (depth < MAX_DEPTH ? createReading(document, depth + 1) : null);
  const source = createSource();
  const echo = createEcho(source, within);
  const text = createShownText(document.word);
  const attributes = createAttributes(document, within);
  // Only the outermost reading knows raw text: to those within it everything is markup.
  const tokenizer = new Tokenizer(
    {},
    createCallbacks({ source, echo, text, attributes, knowsRaw: depth === 0 }),
  );
  let held = '';

  function feed(piece: string): void {
    if (piece === '') return;
    source.begin(piece);
    tokenizer.write(piece);
    echo.feed(source.end);
    source.finish();
  }

  return {
    write(piece) {
      const all = held + piece;
      const cut = startOfUnfinished(all);
      held = '';
      feed(all.slice(0, cut));
      // Kept whole with what follows; too long to be either, it goes on alone, so that nothing before it waits for it.
      if (all.length - cut <= MAX_NAME) held = all.slice(cut);
      else feed(all.slice(cut));
    },
    end() {
      feed(held);
      tokenizer.end();
      // A tag that the document ends in: what is put around it on a screen may end it.
      attributes.endAttribute();
      echo.end(source.end);
      text.end();
    },
  };
}

interface Reading {
  readonly source: Source;
  readonly echo: Echo;
  readonly text: ShownText;
  readonly attributes: Attributes;
  readonly knowsRaw: boolean;
}

function createCallbacks({ source, echo, text, attributes, knowsRaw }: Reading): TokenizerCallbacks {
  let tag = '';
  let rawTag = '';

  function endTag(index: number): void {
    echo.end(index + 1);
    if (!knowsRaw || !isRaw(tag)) return;
    rawTag = tag;
    echo.start(index + 1);
  }

  return {
    isInForeignContext: () => !knowsRaw,
    onopentagname(start, end) {
      tag = source.name(start, end);
      text.gap(leavesGap(tag));
      attributes.startTag(tag);
    },
    onattribname: (start, end) => attributes.startAttribute(source.name(start, end)),
    onattribdata(start, end) {
      const piece = source.slice(start, end);
      const inner = piece.indexOf('<');
      if (inner >= 0) echo.start(Math.max(start, source.start) + inner);
      attributes.value(piece);
    },
    onattribentity: (code) => attributes.value(String.fromCodePoint(code)),
    onattribend: () => attributes.endAttribute(),
    onopentagend: endTag,
    onselfclosingtag: endTag,
    onclosetag(start, end) {
      if (rawTag !== '') echo.end(start - '</'.length);
      rawTag = '';
      text.gap(leavesGap(source.name(start, end)));
    },
    ontext: (start, end) => text.write(source.slice(start, end), rawTag === 'style'),
    ontextentity: (code) => text.write(String.fromCodePoint(code), false),
    // XML lets a document name a text once and use it in links. Of what comes in pieces the first are gone here; the other
    // reading of the whole document lays it open (`conditional.ts`).
    ondeclaration(start, end) {
      if (!knowsRaw) text.write(` ${source.slice(start, end)} `, false);
    },
    oncdata(start, end) {
      if (!knowsRaw) text.write(source.slice(start, end), false);
    },
    oncomment() {},
    onprocessinginstruction() {},
    onend() {},
  };
}

/** Where a character reference or the mark of a tag begins that the text ends in; the tokenizer hands on nothing while in one. */
function startOfUnfinished(text: string): number {
  let cut = text.length;
  for (let at = cut; at > 0; at--) {
    const character = text.charAt(at - 1);
    // Before a mark may stand another: `&<`.
    if (character === '&' || character === '<') cut = at - 1;
    else if (!/[\w#/!-]/.test(character)) break;
  }
  return cut;
}
