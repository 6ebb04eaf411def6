/**
 * Reads XML as it comes: text and tags, no more. It takes what a tolerant reader would, holds one tag at most, and never
 * looks up an entity that the document defines. A workbook is millions of tags of which hardly one has an attribute that
 * matters, so attributes are taken apart only where somebody asks.
 */

export interface XmlHandlers {
  /** In pieces, references to characters resolved. */
  text(text: string): void;
  /** `name`: without its prefix. `tag`: as it stands, for `attributesOf`. */
  open(name: string, tag: string): void;
  close(name: string): void;
}

export interface XmlScanner {
  write(text: string): void;
  end(): void;
}

/** Longer ones are no tags of a document, and are passed over as text. */
const MAX_TAG = 65_536;
/** "&#x10FFFF;" and the names of XML. */
const MAX_REFERENCE = 12;

export function createXmlScanner(handlers: XmlHandlers): XmlScanner {
  let rest = '';

  const scan = (text: string, last: boolean): void => {
    let at = 0;
    while (at < text.length) {
      const start = text.indexOf('<', at);
      const textEnd = start < 0 ? text.length : start;
      if (textEnd > at) {
        const end = start < 0 && !last ? beforeReference(text, at) : textEnd;
        if (end > at) handlers.text(resolve(text.slice(at, end)));
        at = end;
        if (start < 0) break;
      }
      const [mark, end] = endOfTag(text, at);
      const next = mark === '<' ? endOfElement(text, at) : text.indexOf(end, at + mark.length);
      // Not whole yet. One that never ends is text: a reader that shows it would show all of it.
      if (next < 0 && !last && text.length - at <= MAX_TAG) break;
      if (next < 0) {
        handlers.text(text.slice(at + 1));
        at = text.length;
        break;
      }
      tag(text.slice(at, next), mark, handlers);
      at = next + end.length;
    }
    rest = text.slice(at);
  };

  return {
    write: (text) => scan(rest + text, false),
    end: () => scan(rest, true),
  };
}

/** How the thing at `at` begins and ends. */
function endOfTag(text: string, at: number): [mark: string, end: string] {
  if (text.startsWith('<!--', at)) return ['<!--', '-->'];
  if (text.startsWith('<![CDATA[', at)) return ['<![CDATA[', ']]>'];
  if (text.startsWith('<?', at)) return ['<?', '?>'];
  return ['<', '>'];
}

/** `<`, then anything, in quotations also `>`; each character is looked at once. */
const ELEMENT = /<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>/y;

/** Where its `>` is; -1: not in this text. */
function endOfElement(text: string, at: number): number {
  ELEMENT.lastIndex = at;
  return ELEMENT.test(text) ? ELEMENT.lastIndex - 1 : -1;
}

function tag(text: string, mark: string, handlers: XmlHandlers): void {
  if (mark === '<![CDATA[') {
    handlers.text(text.slice(mark.length));
  } else if (text.startsWith('</')) {
    handlers.close(localName(text.slice(2).trim()));
  } else if (mark === '<' && !text.startsWith('<!')) {
    const name = localName(/^<([^\s/>]*)/.exec(text)?.[1] ?? '');
    handlers.open(name, text);
    if (text.endsWith('/')) handlers.close(name);
  }
}

/** Names, what stands between them and their values, values. */
const TOKEN = /([^\s=<>"'/]+)|=|"([^"]*)"|'([^']*)'/g;

/** By local name, without those that declare namespaces. */
export function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let name = '';
  let hasValue = false;
  for (const [token, word, quoted, apostrophes] of text.matchAll(TOKEN)) {
    if (word !== undefined) name = word;
    const isNamespace = name === 'xmlns' || name.startsWith('xmlns:');
    const value = quoted ?? apostrophes;
    if (value !== undefined && hasValue && !isNamespace) found.set(localName(name), resolve(value));
    hasValue = token === '=';
  }
  return found;
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** Where text ends that may be given on: before a reference that is not whole yet. */
function beforeReference(text: string, from: number): number {
  const at = text.lastIndexOf('&');
  const open = at >= from && text.length - at < MAX_REFERENCE && !text.includes(';', at);
  return open ? at : text.length;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** References to characters, and the names that all XML knows. */
export function resolve(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g,
    (whole, ten, hex, name) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = ten !== undefined ? Number.parseInt(ten, 10) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
