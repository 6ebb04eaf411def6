/**
 * Looks into the files of one message: what each is, whether it may be there, what is in it, and so on inwards. Runs in
 * the box's process. What cannot be opened becomes a finding; only the end of the budget stops the whole.
 */
import type { Found } from '../../mail/finding.ts';
import type { Part } from '../../mail/parts.ts';
import { judgeName } from '../../rules/attachments.ts';
import type { ContentPolicy, Judged } from '../../rules/content-policy.ts';
import { dangerousKind, type FileKind, KIND_BYTES, kindOf, treatmentOf } from '../../rules/file-kinds.ts';
import type { CreateInspector } from '../../rules/inspect.ts';
import { createFounds } from '../../rules/inspect-founds.ts';
import { createLinkFinder, judgeLink } from '../../rules/links/finder.ts';
import { createBudget, TooMuch } from './budget.ts';
import { type Collected, collectParts } from './collect.ts';
import { gather } from './inflate.ts';
import { MAX_NESTING } from './limits.ts';
import { readTextFile } from './openers/text-file.ts';
import { isMarked, openerOf, reallyIs } from './openers.ts';
import { type Box, CannotOpen, type Octets, type Opened } from './opening.ts';
import { peek } from './peek.ts';
import { called, inside, oneLine } from './place.ts';

export interface BoxOptions {
  readonly policy: ContentPolicy;
  readonly judged: Judged;
  /** For messages that were saved as files. */
  readonly createInspector: CreateInspector;
  report(found: Found): void;
}

/** Opens what the inspector of the message has collected. Throws TooMuch at the end of the budget. */
export interface MessageBox {
  open(part: Part, octets: Buffer): Promise<void>;
}

export function createMessageBox({ policy, judged, createInspector, report }: BoxOptions): MessageBox {
  const options = (part: string) => ({ part, list: policy.storage, judged });
  const founds = createFounds();
  const tell = (found: Found): void => {
    const before = founds.list.length;
    founds.add(found);
    // Names in archives are the sender's: a detail is one line that no terminal obeys.
    if (founds.list.length > before) report({ ...found, detail: oneLine(found.detail) });
  };
  const box: Box = {
    budget: createBudget(),
    report(found) {
      if (found) tell(found);
    },
    link: (url, part) => box.report(judgeLink(url, options(part))),
    finder(kind, part) {
      const finder = createLinkFinder({ kind, ...options(part) });
      return {
        write: (text) => finder.write(text),
        end() {
          const found = finder.end();
          for (const one of found) tell(one);
          return found;
        },
      };
    },
    name: (parent, name) => box.report(judgeName([name], inside(parent.part, name), policy.dangerousNames)),
    async enter(parent, { names, type = '' }, octets) {
      const name = names[0] ?? 'file';
      const file: Opened = { names, type, part: inside(parent.part, name), depth: parent.depth + 1 };
      box.report(judgeName(names, file.part, policy.dangerousNames));
      await enter(file, octets, box);
    },
    async message(octets, file) {
      const collected = collectParts();
      const inspector = createInspector({ policy, judged, open: collected.open });
      inspector.write(octets);
      await openMessage(inspector.end().found, collected, file, box);
    },
  };
  return {
    open: (part, octets) =>
      openFile({ names: part.names, type: part.type, part: part.path, depth: 0 }, octets, box),
  };
}

async function enter(file: Opened, octets: Octets, box: Box): Promise<void> {
  const { start, all, drop } = await peek(octets);
  const kind = kindOf(start, file.names, file.type);
  const name = called(file.names, file.part);
  switch (treatmentOf(kind)) {
    case 'open':
      return await openFile(file, await gather(all), box);
    case 'text':
      return await guard(file, box, () => readTextFile(kind, all, file, box));
    case 'dangerous': {
      const detail = `${name}: ${dangerousKind(kind) ?? kind}`;
      box.report({ reason: 'dangerous-attachment', detail, part: file.part });
      return await drop();
    }
    case 'never':
      if (start.length > 0) reportNever(kind, file, box);
      return await drop();
    case 'nothing':
      return await drop();
  }
}

async function openFile(file: Opened, octets: Buffer, box: Box): Promise<void> {
  // Not one octet: nothing that a name could make it.
  if (octets.length === 0) return;
  for (const kind of kindsOf(octets, file)) await guard(file, box, () => openAs(kind, octets, file, box));
}

async function openAs(kind: FileKind, octets: Buffer, file: Opened, box: Box): Promise<void> {
  if (treatmentOf(kind) === 'never') return reportNever(kind, file, box);
  if (treatmentOf(kind) === 'text') return await readTextFile(kind, [octets], file, box);
  const opener = openerOf(kind);
  if (opener === null) return;
  if (file.depth >= MAX_NESTING) throw new CannotOpen(`more than ${MAX_NESTING} archives in each other`);
  await opener(octets, file, box);
}

const NOTHING = Buffer.alloc(0);

/**
 * What it is by its beginning; and what it is to the program that goes by its name, if that looks further on: an archive or
 * a page may begin like a letter.
 */
function kindsOf(octets: Buffer, { names, type }: Opened): FileKind[] {
  const start = octets.subarray(0, KIND_BYTES);
  const first = kindOf(start, names, type);
  const named = kindOf(NOTHING, names, type);
  // A key for a server is no presentation, and what a Mac puts beside a document is none.
  if (!reallyIs(first, octets)) return [kindOf(start, [], type)];
  const isSecond = named !== first && named !== 'text' && isMarked(named, octets);
  return isSecond ? [first, named] : [first];
}

function reportNever(kind: FileKind, file: Opened, box: Box): void {
  const detail = `${called(file.names, file.part)}: of a kind that is not opened (${kind})`;
  box.report({ reason: 'unopened-archive', detail, part: file.part });
}

/** What goes wrong with one file is said of that file. */
async function guard(file: Opened, box: Box, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof TooMuch) throw error;
    const reason = error instanceof CannotOpen ? error.reason : 'unopened-archive';
    const why = error instanceof CannotOpen ? error.message : 'it cannot be opened';
    box.report({ reason, detail: `${called(file.names, file.part)}: ${why}`, part: file.part });
  }
}

/** Reasons that mean something for a message that was saved as a file: sizes and forms are those of another day. */
const INNER: ReadonlySet<Found['reason']> = new Set([
  'external-storage',
  'short-link',
  'dangerous-attachment',
  'encrypted-archive',
  'unopened-archive',
  'sealed',
]);

async function openMessage(
  founds: readonly Found[],
  collected: Collected,
  file: Opened,
  box: Box,
): Promise<void> {
  for (const found of founds) {
    const part = inside(file.part, found.part ?? '');
    const detail = `${called(file.names, file.part)}: ${found.detail}`;
    if (INNER.has(found.reason)) box.report({ ...found, part });
    else if (found.reason !== 'attachment-size') box.report({ reason: 'unopened-archive', detail, part });
  }
  for (const { part, octets: content } of collected.take()) {
    const inner: Opened = {
      names: part.names,
      type: part.type,
      part: inside(file.part, part.path),
      depth: file.depth + 1,
    };
    await openFile(inner, content, box);
  }
}
