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
import { createLinkFinder, judgeLink } from '../../rules/links/finder.ts';
import { createBudget, TooMuch } from './budget.ts';
import { type Collected, collectParts } from './collect.ts';
import { gather } from './inflate.ts';
import { MAX_NESTING } from './limits.ts';
import { readTextFile } from './openers/text-file.ts';
import { openerOf, reallyIs } from './openers.ts';
import { type Box, CannotOpen, type Octets, type Opened } from './opening.ts';
import { called, inside } from './place.ts';

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
  const box: Box = {
    budget: createBudget(),
    report(found) {
      if (found) report(found);
    },
    link: (url, part) => box.report(judgeLink(url, options(part))),
    finder(kind, part) {
      const finder = createLinkFinder({ kind, ...options(part) });
      return {
        write: (text) => finder.write(text),
        end() {
          const found = finder.end();
          for (const one of found) report(one);
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
  const start = octets.subarray(0, KIND_BYTES);
  const byName = kindOf(start, file.names, file.type);
  // A key for a server is no presentation, and what a Mac puts beside a document is none.
  const kind = reallyIs(byName, octets) ? byName : kindOf(start, [], file.type);
  await guard(file, box, async () => {
    if (treatmentOf(kind) === 'text') return await readTextFile(kind, [octets], file, box);
    const opener = openerOf(kind);
    if (opener === null) return;
    if (file.depth >= MAX_NESTING) throw new CannotOpen(`more than ${MAX_NESTING} archives in each other`);
    await opener(octets, file, box);
  });
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

interface Peeked {
  /** `KIND_BYTES`, or all there is. */
  readonly start: Buffer;
  /** Everything, the start included; read once or dropped. */
  readonly all: AsyncIterable<Buffer>;
  drop(): Promise<void>;
}

async function peek(octets: Octets): Promise<Peeked> {
  const pieces = iterate(octets);
  const first: Buffer[] = [];
  let bytes = 0;
  while (bytes < KIND_BYTES) {
    const { value, done } = await pieces.next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  const start = Buffer.concat(first);
  return {
    start,
    all: (async function* () {
      yield start;
      yield* pieces;
    })(),
    drop: async () => void (await pieces.return(undefined)),
  };
}

async function* iterate(octets: Octets): AsyncGenerator<Buffer, undefined> {
  yield* octets;
}
