/** The source of a document by its place in the whole, while a tokenizer goes through it in pieces; and other readings of it. */
import type { WordFinder } from './words.ts';

/** Of names; longer ones are no names that matter. */
export const MAX_NAME = 64;

export interface Source {
  begin(piece: string): void;
  finish(): void;
  /** Where the present piece begins and ends. */
  readonly start: number;
  readonly end: number;
  /** What of it stands in the present piece. */
  slice(start: number, end: number): string;
  /** Lower case; it may have begun in a piece before. */
  name(start: number, end: number): string;
}

export function createSource(): Source {
  let piece = '';
  let offset = 0;
  let before = '';

  function slice(start: number, end: number): string {
    return piece.slice(Math.max(start - offset, 0), Math.max(end - offset, 0));
  }

  return {
    begin(next) {
      piece = next;
    },
    finish() {
      before = (before + piece.slice(-MAX_NAME)).slice(-MAX_NAME);
      offset += piece.length;
      piece = '';
    },
    get start() {
      return offset;
    },
    get end() {
      return offset + piece.length;
    },
    slice,
    name(start, end) {
      const begun = start < offset ? before.slice(Math.max(before.length - (offset - start), 0)) : '';
      return (begun + slice(start, end)).slice(0, MAX_NAME).toLowerCase();
    },
  };
}

/** Reads a stretch of the source once more, as it comes. */
export interface Echo {
  /** From here on; if one is under way already, that goes on. */
  start(at: number): void;
  /** What of it has come. */
  feed(upTo: number): void;
  end(upTo: number): void;
}

/** `createReading`: null when there are readings enough. */
export function createEcho(source: Source, createReading: () => WordFinder | null): Echo {
  let reading: WordFinder | null = null;
  let fed = 0;

  function feed(upTo: number): void {
    if (reading === null || upTo <= fed) return;
    reading.write(source.slice(fed, upTo));
    fed = upTo;
  }

  return {
    start(at) {
      if (reading !== null) return;
      reading = createReading();
      fed = at;
    },
    feed,
    end(upTo) {
      feed(upTo);
      reading?.end();
      reading = null;
    },
  };
}
