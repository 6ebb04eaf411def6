/**
 * The whole look at one message's content: walk, links, names, types, sizes, in one pass and in memory that does not grow
 * with the message. At the door nothing is opened and only noted that a worker must; the worker gives `open`.
 *
 * It never throws for content. What is done about a fact is not decided here (`evaluate.ts`).
 */
import type { Found } from '../mail/finding.ts';
import { createWalk, type Part, type PartReader, WALK_LIMITS, type WalkLimits } from '../mail/parts.ts';
import { judgeSize } from './attachments.ts';
import type { ContentPolicy, Judged } from './content-policy.ts';
import { createHeaderBases } from './header-bases.ts';
import { createFounds, partOf } from './inspect-founds.ts';
import { isInText, type PartOwner, readPart } from './inspect-part.ts';
import { structureFounds } from './inspect-structure.ts';
import { createLinkFinder, type LinkFinder } from './links/finder.ts';

export interface Inspector {
  write(chunk: Buffer): void;
  /** Decoded octets of attachments so far; never more than the walk counts in the end. */
  readonly attachmentBytes: number;
  end(): Inspection;
}

export interface Inspection {
  /** Each fact once, at most 50. */
  readonly found: readonly Found[];
  /** There are files that must be opened to be judged, or more text than a door judges, and nobody has: a worker does. */
  readonly unopened: boolean;
}

export interface InspectorOptions {
  readonly policy: ContentPolicy;
  readonly judged: Judged;
  /** Gets the decoded octets of each part whose kind must be opened; absent (at the door): they are only counted. */
  readonly open?: (part: Part) => PartReader | null;
  /** Absent: those for a message from the spool, with the lines that we put on top. */
  readonly limits?: WalkLimits;
}

export type CreateInspector = (options: InspectorOptions) => Inspector;

/** Room for our own lines (`receive/rewrite.ts`): what passed the door must not fail later by them. */
const SPOOLED_LIMITS: WalkLimits = {
  ...WALK_LIMITS,
  headerLines: WALK_LIMITS.headerLines + 20,
  headerBytes: WALK_LIMITS.headerBytes + 4_096,
};

/** No person writes more; text made to be slow costs half a second of the receiver's only thread for each million. */
const DOOR_LETTERS = 2_000_000;

export const createInspector: CreateInspector = ({ policy, judged, open, limits }) => {
  const founds = createFounds();
  const bounds = limits ?? SPOOLED_LIMITS;
  let attachmentBytes = 0;
  let unopened = false;
  let letters = 0;
  const bases = createHeaderBases();
  const owner: PartOwner = {
    founds,
    dangerousNames: policy.dangerousNames,
    depth: bounds.depth,
    finder(kind, path) {
      const finder = createLinkFinder({ kind, part: partOf(path), list: policy.storage, judged });
      if (kind === 'html') finder.write(bases.elements());
      return open ? finder : { write: (text) => writeAtDoor(finder, text), end: () => finder.end() };
    },
    open(part) {
      const reader = open?.(part) ?? null;
      unopened ||= reader === null;
      return reader;
    },
  };
  const walk = createWalk(
    {
      part(part) {
        const reader = readPart(part, owner);
        return part.isAttachment && !isInText(part) ? counted(reader) : reader;
      },
      field(name, value, path) {
        bases.field(name, value, path);
        if (name !== 'subject') return;
        const finder = owner.finder('text', path);
        finder.write(value);
        founds.addAll(finder.end());
      },
    },
    bounds,
  );

  function writeAtDoor(finder: LinkFinder, text: string): void {
    letters += text.length;
    if (letters <= DOOR_LETTERS) finder.write(text);
    else unopened = true;
  }

  function counted(reader: PartReader): PartReader {
    return {
      write(octets) {
        attachmentBytes += octets.length;
        reader.write(octets);
      },
      end: () => reader.end(),
    };
  }

  return {
    write: (chunk) => walk.write(chunk),
    get attachmentBytes() {
      return attachmentBytes;
    },
    end() {
      const structure = walk.end();
      founds.add(judgeSize(structure.attachmentBytes, policy.attachmentBytes));
      founds.addAll(structureFounds(structure));
      return { found: founds.list, unopened };
    },
  };
};
