/**
 * A process of the box: looks into one message after another, as its owner (`opener-process.ts`) hands them over. It reads
 * hostile files, so it may read no file but its own program, write none, start no program and reach no network (Node's permission model), and its owner
 * ends it when it takes too long or too much memory.
 *
 * A process and not a thread: V8 ends its whole process when some allocations meet the limit of a thread's heap (the
 * growth of a Map is one), and the limit of a thread does not cover buffers.
 */
import type { Found } from '../../mail/finding.ts';
import { createInspector, type Inspector } from '../../rules/inspect.ts';
import { createMessageBox, type MessageBox } from './box.ts';
import { TooMuch } from './budget.ts';
import { type Collected, collectParts } from './collect.ts';
import type { FromBox, ToBox } from './messages.ts';
import { preparePdf } from './openers/pdf.ts';
import { called } from './place.ts';

interface Message {
  readonly inspector: Inspector;
  readonly collected: Collected;
  readonly box: MessageBox;
}

const tell = (message: FromBox): void => void process.send?.(message);
let message: Message | null = null;
let fault: string | null = null;

// A Ctrl-C in the terminal reaches all processes of the group; the owner decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (heard: ToBox) => {
  switch (heard.kind) {
    case 'begin':
      message = begin(heard);
      fault = null;
      break;
    case 'chunk':
      read(heard.octets);
      break;
    case 'end':
      void finish();
  }
});

function begin({ policy, judged }: Extract<ToBox, { kind: 'begin' }>): Message {
  const collected = collectParts();
  return {
    collected,
    inspector: createInspector({ policy, judged, open: collected.open }),
    box: createMessageBox({ policy, judged, createInspector, report }),
  };
}

function report(found: Found): void {
  tell({ kind: 'found', found });
}

function read(octets: Buffer): void {
  try {
    if (fault === null) message?.inspector.write(octets);
  } catch (error) {
    fault = stackOf(error);
  }
  tell({ kind: 'taken', bytes: octets.length });
}

async function finish(): Promise<void> {
  const current = message;
  message = null;
  try {
    if (current && fault === null) await judge(current);
  } catch (error) {
    fault = stackOf(error);
  }
  tell({ kind: 'done', fault });
}

async function judge({ inspector, collected, box }: Message): Promise<void> {
  for (const found of inspector.end().found) report(found);
  let part: string | null = null;
  try {
    for (const { part: next, octets } of collected.take()) {
      part = next.path;
      tell({ kind: 'opening', name: called(next.names, next.path), part });
      await box.open(next, octets);
    }
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    report({ reason: 'unopened-archive', detail: error.message, part });
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

await preparePdf();
tell({ kind: 'ready' });
