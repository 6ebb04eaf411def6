/**
 * P1 and P2 for the spool alone: a process that writes and settles is killed at every instant that STATES.md names,
 * and what the next start finds is compared with what the process had been promised.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SPOOL_CRASH_POINTS } from '../../src/spool/crash-points.ts';
import { encodeEntry, parseJournal } from '../../src/spool/journal-entry.ts';
import { contentIn, contentOf, openSpool, recipientAddress } from '../support/spooling.ts';
import { tempFolder } from '../support/temp-folder.ts';

const WRITER = join(import.meta.dirname, 'spool-writer.ts');

interface Promised {
  sizeBytes: number;
  recipients: number;
  stored: boolean;
  refusing: boolean;
  refused: boolean;
  /** Recipients whose outcome may be on the disk, and those for whom it was promised to be. */
  readonly settling: Set<number>;
  readonly settled: Set<number>;
  /** What an operator was promised; null: the promise was not kept yet when the process died. */
  held: boolean | null;
}

type Ledger = Map<string, Promised>;

function note(ledger: Ledger, line: string): void {
  const [what, id = '', ...numbers] = line.split(' ');
  const [first = 0, second = 0] = numbers.map(Number);
  if (what === 'begun') {
    const nothing = { stored: false, refusing: false, refused: false, held: false };
    const promised = { ...nothing, settling: new Set<number>(), settled: new Set<number>() };
    ledger.set(id, { ...promised, sizeBytes: first, recipients: second });
  }
  const promised = ledger.get(id);
  if (!promised) throw new Error(`no line of a writer: ${line}`);
  if (what === 'stored') promised.stored = true;
  if (what === 'refusing') promised.refusing = true;
  if (what === 'settling') promised.settling.add(first);
  if (what === 'refused') promised.refused = true;
  if (what === 'settled') promised.settled.add(first);
  if (what === 'holding' || what === 'releasing') promised.held = null;
  if (what === 'held') promised.held = true;
  if (what === 'released') promised.held = false;
}

/** Runs a writer until it dies or, given `killAfterLines`, until it has said so many. */
async function runWriter(
  folder: string,
  ledger: Ledger,
  { crashAt = '', killAfterLines = Number.POSITIVE_INFINITY } = {},
): Promise<NodeJS.Signals | number | null> {
  const env = { ...process.env, GEGANTI_CRASH_AT: crashAt };
  const child = spawn(process.execPath, [WRITER, folder], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let lines = 0;
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    lines += more.split('\n').length - 1;
    if (lines >= killAfterLines) child.kill('SIGKILL');
  });
  const ended = await new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  );
  for (const line of text.split('\n').slice(0, -1)) note(ledger, line);
  return ended;
}

/** What a start finds, against the promises. */
async function account(folder: string, ledger: Ledger, parked: number): Promise<void> {
  const { spool, recovered } = await openSpool(folder);
  await using _ = spool;
  const found = new Set<string>();
  for (const { envelope, recipients, held } of recovered) {
    const promised = ledger.get(envelope.id);
    if (!promised) throw new Error(`${envelope.id} was found and never begun`);
    found.add(envelope.id);
    const whole = contentOf(envelope.id, promised.sizeBytes).equals(await contentIn(spool, envelope.id));
    expect(whole, `${envelope.id} is whole`).toBe(true);
    expect(promised.refused, `${envelope.id} was refused`).toBe(false);
    if (promised.held !== null) expect(held, `${envelope.id} is held`).toBe(promised.held);
    for (const [index, { outcome }] of recipients.entries()) {
      if (!promised.settled.has(index + 1)) continue;
      expect(outcome?.kind, `recipient ${index + 1} of ${envelope.id} stays settled`).toBe('delivered');
    }
  }
  for (const [id, promised] of ledger) {
    const mayBeFinished = promised.refusing || promised.settling.size === promised.recipients;
    if (promised.stored && !mayBeFinished && !found.has(id)) throw new Error(`LOST: ${id}`);
    if (promised.settled.size === promised.recipients) expect(found.has(id), `${id} is finished`).toBe(false);
  }
  expect(spool.status.parked).toBe(parked);
  expect(readdirSync(join(folder, 'single')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}

/** What the points of a start need to find. */
function prepare(folder: string, point: string): void {
  if (point === 'state-joined') noteDuringMove(join(folder, 'segments'));
  const newest = readdirSync(join(folder, 'segments'))
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .at(-1);
  const path = join(folder, 'segments', newest ?? '000000009999.seg');
  if (point === 'tail-found') appendFileSync(path, '\0GEGA');
  if (point === 'park-copied') appendFileSync(path, 'x'.repeat(500));
}

/** One more line in the journals of segments about a message that has left them. */
function noteDuringMove(segments: string): void {
  let found = false;
  for (const name of readdirSync(segments).filter((each) => each.endsWith('.log'))) {
    const path = join(segments, name);
    const moved = parseJournal(readFileSync(path)).entries.find(({ kind }) => kind === 'moved');
    if (!moved) continue;
    found = true;
    const recipients = [recipientAddress(3)];
    const deferral = { stage: 'deliver', recipients, attempt: 9, nextTryAt: 1, reason: 'later' } as const;
    appendFileSync(path, encodeEntry({ kind: 'deferred', id: moved.id, deferral }));
  }
  if (!found) throw new Error('no message has moved');
}

const AT_START: readonly string[] = ['tail-found', 'park-copied', 'state-joined', 'recovered'];

describe('kill -9', () => {
  for (const point of SPOOL_CRASH_POINTS.filter((name) => !AT_START.includes(name))) {
    for (const pass of [1, 2, 9]) {
      test(`at ${point}, pass ${pass}: everything promised holds`, async () => {
        await using folder = await tempFolder();
        const ledger: Ledger = new Map();
        expect(await runWriter(folder.path, ledger, { crashAt: `${point}:${pass}` })).toBe('SIGKILL');
        await account(folder.path, ledger, 0);
        // And once more over what the first crash left.
        expect(await runWriter(folder.path, ledger, { crashAt: `${point}:${pass + 1}` })).toBe('SIGKILL');
        await account(folder.path, ledger, 0);
      });
    }
  }

  for (const point of AT_START) {
    // What is joined is on the disk by then; the others find the same again.
    const rounds = point === 'state-joined' ? 1 : 2;
    const before = point === 'state-joined' ? 'move-noted:3' : 'segment-appended:9';
    test(`at ${point}, ${rounds} times: the start after it finds everything`, async () => {
      await using folder = await tempFolder();
      const ledger: Ledger = new Map();
      await runWriter(folder.path, ledger, { crashAt: before });
      prepare(folder.path, point);
      for (let round = 0; round < rounds; round++) {
        expect(await runWriter(folder.path, ledger, { crashAt: point })).toBe('SIGKILL');
      }
      await account(folder.path, ledger, point === 'park-copied' ? 1 : 0);
    });
  }

  test('at any time, again and again on one spool: everything promised holds', async () => {
    await using folder = await tempFolder();
    const ledger: Ledger = new Map();
    for (const killAfterLines of [1, 40, 111, 250, 500, 700]) {
      expect(await runWriter(folder.path, ledger, { killAfterLines })).toBe('SIGKILL');
      await account(folder.path, ledger, 0);
    }
  });

  test('never: everything that waits is there', async () => {
    await using folder = await tempFolder();
    const ledger: Ledger = new Map();
    expect(await runWriter(folder.path, ledger)).toBe(0);
    await account(folder.path, ledger, 0);
    const { spool } = await openSpool(folder.path);
    await using _ = spool;
    const waiting = [...ledger].filter(([, p]) => !p.refused && p.settled.size < p.recipients);
    const ids = [...spool.list()].map(({ envelope }): string => envelope.id);
    expect(ids.sort()).toEqual(waiting.map(([id]) => id).sort());
  });
});

test('STATES.md names every crash point', () => {
  const page = readFileSync(join(import.meta.dirname, '../../src/spool/STATES.md'), 'utf8');
  for (const point of SPOOL_CRASH_POINTS) expect(page).toContain(`\`${point}\``);
});
