/**
 * The values of attributes, as they come in pieces, and what is done with each kind. A value is gathered up to the length of
 * the longest link; what is longer is looked through as text, in windows, unless it is a picture.
 */
import { type AttributeKind, attributeKind } from './attributes.ts';
import { percentDecoded, stripped } from './canonical.ts';
import { unescapedCss } from './css.ts';
import { documentOf, isMedia } from './data-url.ts';
import type { HtmlDocument } from './document.ts';
import { createWordFinder, type WordFinder } from './words.ts';

const MAX_VALUE = 65_536;
const SCRIPT = /^(?:javascript|vbscript|livescript):/i;
const HAS_SCHEME = /^\s*[a-z][a-z0-9+.-]*:/i;
/** HTML §4.2.5.3, "shared declarative refresh steps": a time, then the link, with or without `url=` and quotes. */
const REFRESH = /^\s*[\d.]+[\s;,]*(?:url\s*=\s*)?["']?(.*)/is;

export interface Attributes {
  startTag(tag: string): void;
  startAttribute(name: string): void;
  value(piece: string): void;
  endAttribute(): void;
}

/** `createReading`: for a document that stands in an attribute; null when there are readings enough. */
export function createAttributes(document: HtmlDocument, createReading: () => WordFinder | null): Attributes {
  let tag = '';
  let kind: AttributeKind | null = null;
  let value = '';
  /** Set once the value is too long; null before. */
  let windows: WordFinder | null = null;
  let isSkipped = false;

  function text(words: string): void {
    const finder = createWordFinder(document.word);
    finder.write(words);
    finder.end();
  }

  function markup(source: string): void {
    const reading = createReading();
    reading?.write(source);
    reading?.end();
  }

  function link(raw: string): void {
    const start = stripped(raw.slice(0, 100));
    if (isMedia(raw)) return;
    const inner = /^data:/i.test(start) ? documentOf(raw) : null;
    if (inner !== null) markup(inner);
    else if (SCRIPT.test(start)) text(percentDecoded(raw));
    else document.link(raw);
  }

  const handlers: Readonly<Record<AttributeKind, (value: string) => void>> = {
    link,
    links: (all) => all.split(/[\s,]+/).forEach(link),
    base: (raw) => document.base(raw),
    css: (css) => text(unescapedCss(css)),
    markup,
    refresh: (content) => link(REFRESH.exec(content)?.[1]?.replace(/["'].*$/s, '') ?? ''),
    script: text,
    value: (values) =>
      values
        .split(';')
        .filter((one) => HAS_SCHEME.test(one))
        .forEach(link),
  };

  /** From here on the value is not kept. */
  function overflow(): void {
    isSkipped = isMedia(value);
    if (kind === 'markup') windows = createReading();
    else if (kind !== null) {
      if (!isSkipped) windows = createWordFinder(document.word);
      handlers[kind](value);
    }
    windows?.write(value);
    value = '';
  }

  return {
    startTag(name) {
      tag = name;
    },
    startAttribute(name) {
      kind = attributeKind(tag, name);
    },
    value(piece) {
      if (kind === null || isSkipped) return;
      if (windows !== null) windows.write(piece);
      else value += piece;
      if (value.length > MAX_VALUE) overflow();
    },
    endAttribute() {
      windows?.end();
      if (kind !== null && value !== '') handlers[kind](value);
      kind = null;
      value = '';
      windows = null;
      isSkipped = false;
    },
  };
}
