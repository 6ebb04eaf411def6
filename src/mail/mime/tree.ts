/**
 * The walk itself: from header to body to the next delimiter, into multiparts and attached messages and out of them again.
 * What is encoded as a whole has a tree of its own behind its decoder, since delimiters outside of it mean nothing inside.
 */
import { type Content, describeContent } from './describe.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { createHeaderCollector, type HeaderCollector } from './header-collector.ts';
import { type FieldList, readFields } from './header-fields.ts';
import { createDecoder, joinPath, openLeaf, openText } from './leaf.ts';
import type { Ledger } from './ledger.ts';
import { createLevels, type Delimiter, type Level, type Levels } from './levels.ts';
import type { Part, PartReader, WalkHandlers, WalkLimits } from './part.ts';
import { Scanner } from './scanner.ts';
import { isCms, sealedType } from './sealed.ts';
import { openSecondReading } from './second-reading.ts';
import { openSigned } from './signed-leaf.ts';

export interface TreeDeps {
  readonly handlers: WalkHandlers;
  readonly ledger: Ledger;
  readonly limits: WalkLimits;
  /** These octets are read a second time: nothing in them is read a third time. */
  readonly again: boolean;
}

export type Place =
  /** A message, header first; `path`: of the part that it is, "" for the whole. */
  | { readonly kind: 'message'; readonly path: string; readonly depth: number }
  | {
      readonly kind: 'part';
      readonly path: string;
      readonly depth: number;
      readonly defaultType: 'text/plain' | 'message/rfc822';
    }
  /** The inside of a multipart whose header has been read. */
  | {
      readonly kind: 'multipart';
      readonly path: string;
      readonly depth: number;
      readonly content: Content;
    };

/** A value of a header field is given on up to here. */
const LONGEST_VALUE = 10_000;
const LONGEST_RAW_VALUE = 40_000;

export function createTree(deps: TreeDeps, root: Place): PartReader {
  return new Tree(deps, root);
}

class Tree implements PartReader {
  readonly #deps: TreeDeps;
  readonly #levels: Levels = createLevels();
  readonly #header: HeaderCollector;
  readonly #scanner: Scanner;
  /** Whose header is being read; null: a body is. */
  #place: Exclude<Place, { kind: 'multipart' }> | null = null;
  #body: PartReader | null = null;
  /** Too many parts: all further octets are only counted. */
  #full = false;

  constructor(deps: TreeDeps, root: Place) {
    this.#deps = deps;
    this.#header = createHeaderCollector(deps.limits);
    const levels = this.#levels;
    this.#scanner = new Scanner({
      get delimited() {
        return levels.delimited;
      },
      match: (octets, from, to) => levels.match(octets, from, to),
      octets: (piece) => this.#octets(piece),
      delimiter: (found, held, line) => this.#delimiter(found, held, line),
    });
    if (root.kind === 'multipart') this.#enterMultipart(root, root.content, null);
    else this.#enter(root);
  }

  write(octets: Buffer): void {
    this.#scanner.write(octets);
  }

  end(): void {
    this.#scanner.end();
    this.#closeEntity();
    while (this.#levels.list.length > 0) this.#leave();
  }

  #octets(piece: Buffer): number {
    const { taps } = this.#levels;
    let used = piece.length;
    if (this.#place) {
      used = this.#header.take(piece);
      if (this.#header.complete) this.#beginBody();
    } else {
      this.#body?.write(piece);
    }
    // Those that were there before: what begins behind this header does not contain it.
    for (const tap of taps) tap.write(piece.subarray(0, used));
    return used;
  }

  #delimiter({ level, closing, doubt }: Delimiter, held: Buffer, line: Buffer): void {
    if (this.#full) return;
    this.#closeEntity();
    while (this.#levels.list.length > level + 1) this.#leave();
    for (const tap of this.#levels.taps) {
      tap.write(held);
      tap.write(line);
    }
    const around = this.#levels.list[level];
    if (!around) return;
    if (doubt) this.#deps.ledger.ambiguity(doubt, around.path);
    if (closing) {
      around.closed = true;
      this.#body = openText(this.#deps, around, 'epilogue');
    } else {
      // For some readers nothing comes behind the close delimiter (RFC 2046 §5.1.1).
      if (around.closed) this.#deps.ledger.ambiguity('bad-boundary', around.path);
      around.closed = false;
      this.#enterChild(around);
    }
  }

  #enterChild(around: Level): void {
    this.#enter({
      kind: 'part',
      path: joinPath(around.path, ++around.children),
      depth: around.depth + 1,
      defaultType: around.childType,
    });
  }

  #enter(place: Exclude<Place, { kind: 'multipart' }>): void {
    if (!this.#deps.ledger.admitPart(place.path)) {
      const { totals } = this.#deps.ledger;
      this.#full = true;
      this.#body = {
        write: (octets) => {
          totals.attachmentBytes += octets.length;
        },
        end: () => undefined,
      };
      return;
    }
    this.#place = place;
    this.#header.begin();
  }

  #closeEntity(): void {
    // A header without an empty line: its part has no body, but may be a container all the same.
    while (this.#place) this.#beginBody();
    this.#body?.end();
    this.#body = null;
  }

  #leave(): void {
    this.#levels.pop()?.tap?.end();
  }

  #beginBody(): void {
    const place = this.#place;
    if (!place) return;
    this.#place = null;
    const block = this.#header.text();
    const list = readFields(block);
    const content = describeContent(list.fields, place.kind === 'part' ? place.defaultType : 'text/plain');
    const isMultipart = content.boundaries.length > 0;
    // RFC 9051 §6.4.5: the one part of a message is its part 1; a multipart has the number of the message.
    const path = place.kind === 'message' && !isMultipart ? joinPath(place.path, 1) : place.path;
    this.#note(content, list, path);
    this.#passFields(list, place.path);
    const part: Part = partOf(content, path, place.depth);
    if (list.bodyForSome >= 0) this.#passOtherBody(block.slice(list.bodyForSome), part);
    this.#open(part, content);
  }

  #note(content: Content, list: FieldList, path: string): void {
    const { ledger } = this.#deps;
    for (const kind of content.ambiguities) ledger.ambiguity(kind, path);
    // For some readers the base64 begins with those lines.
    if (list.hidden || (list.bodyForSome >= 0 && content.encoding === 'base64')) {
      ledger.ambiguity('hidden-header', path);
    }
    if (this.#header.tooLong) ledger.excess('header-size', path);
    if (this.#header.tooManyLines) ledger.excess('header-lines', path);
    if (content.tooManyParameters) ledger.excess('parameters', path);
    const sealed = sealedType(content);
    if (sealed !== null && !isCms(sealed)) ledger.seal(sealed);
    ledger.totals.shape.push(`${content.type} ${content.encoding}`);
  }

  #passFields({ fields }: FieldList, path: string): void {
    const { handlers } = this.#deps;
    if (!handlers.field) return;
    for (const { name, value } of fields) {
      const decoded = decodeEncodedWords(value.slice(0, LONGEST_RAW_VALUE)).trim();
      handlers.field(name, decoded.slice(0, LONGEST_VALUE), path);
    }
  }

  #passOtherBody(text: string, part: Part): void {
    const reader = openText(this.#deps, part, 'header');
    reader.write(Buffer.from(text, 'latin1'));
    reader.end();
  }

  #open(part: Part, content: Content): void {
    const sealed = sealedType(content);
    const isMultipart = content.boundaries.length > 0;
    const isMessage = part.type === 'message/rfc822' || part.type === 'message/global';
    const isContainer = isMultipart || isMessage || (sealed !== null && isCms(sealed));
    if (isContainer && part.depth >= this.#deps.limits.depth) {
      this.#deps.ledger.excess('depth', part.path);
      this.#body = openLeaf(this.#deps, { ...part, isAttachment: true });
    } else if (isMultipart) {
      this.#enterMultipart(part, content, this.#readAgain(part, content));
    } else if (isMessage) {
      this.#enterMessage(part);
    } else if (sealed !== null && isCms(sealed)) {
      this.#body = this.#openSealed(part, sealed);
    } else {
      // A multipart without a boundary is text for whoever shows it.
      const noParts = part.type.startsWith('multipart/');
      this.#body = openLeaf(this.#deps, noParts ? { ...part, type: 'text/plain' } : part);
    }
  }

  #openSealed(part: Part, sealed: string): PartReader {
    const place = {
      kind: 'part',
      path: joinPath(part.path, 'signed'),
      depth: part.depth + 1,
      defaultType: 'text/plain',
    } as const;
    return openSigned(this.#deps, part, {
      sealed,
      inside: () => createTree({ ...this.#deps, again: this.#again }, place),
    });
  }

  #readAgain(part: Part, content: Content): PartReader | null {
    if (this.#again) return null;
    return openSecondReading(
      {
        ...this.#deps,
        inside: (handlers, ledger) =>
          createTree(
            { ...this.#deps, handlers, ledger, again: true },
            { kind: 'multipart', path: joinPath(part.path, 'decoded'), depth: part.depth, content },
          ),
      },
      part,
    );
  }

  /** Once is enough, or the readings of one in another would double at each level. */
  get #again(): boolean {
    return this.#deps.again || this.#levels.list.some(({ twice }) => twice);
  }

  #enterMultipart(place: { path: string; depth: number }, content: Content, tap: PartReader | null): void {
    const boundaries = content.boundaries.map((boundary) => Buffer.from(boundary, 'latin1'));
    const { list } = this.#levels;
    if (list.some((level) => level.boundaries.some((one) => boundaries.some((other) => one.equals(other))))) {
      this.#deps.ledger.ambiguity('nested-boundary', place.path);
    }
    this.#levels.push({
      path: place.path,
      depth: place.depth,
      boundaries,
      // RFC 2046 §5.1.5.
      childType: content.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain',
      children: 0,
      closed: false,
      tap,
      twice: tap !== null,
    });
    this.#body = openText(this.#deps, place, 'prologue');
  }

  /** One with a file name is a file, too, and its octets are that file. */
  #enterMessage(part: Part): void {
    const file = part.isAttachment && part.names.length > 0 ? openLeaf(this.#deps, asRead(part)) : null;
    const inside = { kind: 'message', path: part.path, depth: part.depth + 1 } as const;
    if (part.encoding !== 'base64' && part.encoding !== 'quoted-printable' && part.encoding !== 'uuencode') {
      const { path, depth } = part;
      this.#levels.push({
        path,
        depth,
        boundaries: [],
        childType: 'text/plain',
        children: 0,
        closed: false,
        tap: file,
        twice: false,
      });
      this.#enter(inside);
      return;
    }
    const tree = createTree({ ...this.#deps, again: this.#again }, inside);
    const decoder = createDecoder(this.#deps, part, (octets) => {
      tree.write(octets);
      file?.write(octets);
    });
    this.#body = {
      write: (octets) => decoder.write(octets),
      end() {
        decoder.end();
        tree.end();
        file?.end();
      },
    };
  }
}

/** Decoded already. */
function asRead(part: Part): Part {
  return { ...part, encoding: '8bit' };
}

function partOf(content: Content, path: string, depth: number): Part {
  const { type, names, disposition, encoding, charset, isAttachment } = content;
  return { path, depth, type, names, disposition, encoding, charset, isAttachment };
}
