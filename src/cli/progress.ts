/**
 * How far long work is, on one line of standard error that is written over and over and goes when the work ends. Only
 * on a terminal, and only when the work takes long: nobody needs to see what is over at once.
 */
import type { Clock } from '../lib/clock.ts';
import { printable } from './printable.ts';

export interface Progress extends Disposable {
  /** `total` null: not known. */
  at(done: number, total: number | null): void;
}

export interface ProgressDeps {
  readonly stderr: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly clock: Pick<Clock, 'elapsedMs'>;
}

const FIRST_AFTER_MS = 500;
const AGAIN_AFTER_MS = 100;
/** ECMA-48 EL 2: the whole line. */
const CLEAR = '\r\x1b[2K';

export function startProgress({ stderr, isTerminal, clock }: ProgressDeps, what: string): Progress {
  let nextAt = clock.elapsedMs() + FIRST_AFTER_MS;
  let shown = false;
  return {
    at(done, total) {
      if (!isTerminal || clock.elapsedMs() < nextAt) return;
      nextAt = clock.elapsedMs() + AGAIN_AFTER_MS;
      shown = true;
      const of = total === null ? '' : ` of ${number(total)}`;
      stderr.write(`${CLEAR}${number(done)}${of} ${printable(what)}`);
    },
    [Symbol.dispose]() {
      if (shown) stderr.write(CLEAR);
      shown = false;
    },
  };
}

/** "12,345". */
function number(value: number): string {
  return value.toLocaleString('en-GB');
}
