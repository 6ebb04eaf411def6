/**
 * The look at one part: its names, what it is by its first octets, and its text, if it is one or may be taken for one.
 * Holds the first 4 kB at most; all else passes through.
 */
import type { Part, PartReader } from '../mail/parts.ts';
import { DOMAIN_ENDING, judgeName, shownName } from './attachments.ts';
import { dangerousKind, type FileKind, KIND_BYTES, kindOf, treatmentOf } from './file-kinds.ts';
import type { Founds } from './inspect-founds.ts';
import { readText, textKindsOf } from './inspect-text.ts';
import type { LinkFinder, TextKind } from './links/finder.ts';
import { textOf } from './sniff-text.ts';

export interface PartOwner {
  readonly founds: Founds;
  readonly dangerousNames: readonly string[];
  /** The walk goes into attached messages down to here. */
  readonly depth: number;
  finder(kind: TextKind, path: string): LinkFinder;
  /** Null: nobody opens it here. */
  open(part: Part): PartReader | null;
}

export function readPart(part: Part, owner: PartOwner): PartReader {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Null: what the part is will be known when its first octets are there. */
  let readers: readonly PartReader[] | null = null;
  const byName = judgeName(part.names, part.path, endingsFor(part, owner), part.type);
  owner.founds.add(byName);
  if (isEntered(part, owner)) return { write: () => undefined, end: () => undefined };

  const begin = (start: Buffer): void => {
    readers = readersOf(part, start, byName !== null, owner);
    for (const reader of readers) reader.write(start);
    held = [];
  };

  return {
    write(octets) {
      if (readers) {
        for (const reader of readers) reader.write(octets);
      } else if (heldBytes === 0 && octets.length >= KIND_BYTES) {
        begin(octets);
      } else {
        held.push(Buffer.from(octets));
        heldBytes += octets.length;
        if (heldBytes >= KIND_BYTES) begin(Buffer.concat(held));
      }
    },
    end() {
      if (!readers) begin(Buffer.concat(held));
      for (const reader of readers ?? []) reader.end();
    },
  };
}

/** "begin 2024 with www.moh.example" is prose that some take for a file, whose name ends in a domain. */
function endingsFor(part: Part, { dangerousNames }: PartOwner): readonly string[] {
  return isInText(part) ? dangerousNames.filter((ending) => ending !== DOMAIN_ENDING) : dangerousNames;
}

/** A file that stands in the text of a part may have been counted with that part. */
export function isInText({ path }: Part): boolean {
  return /\.uu\d+$/.test(path);
}

/** An attached message as a file: its parts are looked at one by one, and its header is nobody's text. */
function isEntered({ type, depth }: Part, owner: PartOwner): boolean {
  return (type === 'message/rfc822' || type === 'message/global') && depth < owner.depth;
}

function readersOf(part: Part, start: Buffer, dangerous: boolean, owner: PartOwner): PartReader[] {
  const kind = partKind(part, start);
  const opened = treat(part, kind, dangerous, owner);
  const declared = textKindsOf(part);
  const kinds = declared.length > 0 ? declared : shownKinds(kind);
  const createFinder = (as: TextKind): LinkFinder => owner.finder(as, part.path);
  return [
    ...(opened ? [opened] : []),
    ...(kinds.length > 0 ? [readText(part, kinds, createFinder, owner.founds)] : []),
  ];
}

/**
 * A letter is text, whatever it speaks of: a script or "%PDF-" in its first lines makes no file of it. An invitation is
 * none: files may be in it.
 */
function partKind({ isAttachment, names, type }: Part, start: Buffer): FileKind {
  const isLetter = !isAttachment && type !== 'text/calendar';
  return isLetter && textOf(start) !== null ? 'text' : kindOf(start, names, type);
}

/** No text by type or name, but a double click shows it as one. */
function shownKinds(kind: FileKind): readonly TextKind[] {
  if (treatmentOf(kind) !== 'text') return [];
  return [kind === 'html' ? 'html' : 'text'];
}

/** What the kind alone calls for; a reader: of who opens it. `dangerous`: so by its name, which says it all. */
function treat(
  part: Part,
  kind: FileKind,
  dangerous: boolean,
  { founds, open }: PartOwner,
): PartReader | null {
  const treatment = treatmentOf(kind);
  switch (treatment) {
    case 'open':
      return open(part);
    case 'never':
      founds.add({ reason: 'unopened-archive', detail: nameOf(part, kind), part: part.path });
      return null;
    case 'dangerous': {
      const detail = nameOf(part, dangerousKind(kind) ?? kind);
      if (!dangerous) founds.add({ reason: 'dangerous-attachment', detail, part: part.path });
      return null;
    }
    case 'text':
    case 'nothing':
      return null;
    default:
      throw new Error(`unknown treatment ${treatment satisfies never}`);
  }
}

/** "letter.pdf: a Windows program". */
function nameOf({ names: [name] }: Part, what: string): string {
  return name === undefined ? what : `${shownName(name)}: ${what}`;
}
