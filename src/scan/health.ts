/**
 * Knows whether the scanners work, from what happened to the messages themselves. The server scans through the two
 * clients in here; a failure makes a scanner count as down until a scan succeeds, or a probe does, of which
 * there is at most one a second and only while somebody asks.
 */
import type { Clock } from '../lib/clock.ts';
import type { ProbeAnswer, SpamFilter, VirusScanner } from './scanner.ts';
import type { Unavailable } from './verdict.ts';

export interface ScannerHealth {
  /** The clients, watched: the scan stage uses these. */
  readonly clamd: VirusScanner;
  readonly rspamd: SpamFilter;
  /** False: a verdict cannot be expected soon, so no answer should wait for one. Never waits itself. */
  up(): boolean;
  /** Asks both scanners now, for the status command. */
  describe(): Promise<ScannerStatus[]>;
}

export interface ScannerStatus {
  readonly name: 'clamd' | 'rspamd';
  readonly up: boolean;
  /** Why it is down; null: it is up. */
  readonly detail: string | null;
  readonly version: string | null;
  /** When the virus signatures were made; null: unknown, or not a virus scanner. */
  readonly signaturesAt: number | null;
}

const PROBE_EVERY_MS = 1_000;

export function createScannerHealth(deps: {
  clamd: VirusScanner;
  rspamd: SpamFilter;
  clock: Clock;
}): ScannerHealth {
  const clamd = watch('clamd', deps.clamd.probe, deps.clock);
  const rspamd = watch('rspamd', deps.rspamd.probe, deps.clock);
  return {
    clamd: {
      probe: deps.clamd.probe,
      async scan(content, signal) {
        return clamd.note(await deps.clamd.scan(content, signal), signal);
      },
    },
    rspamd: {
      probe: deps.rspamd.probe,
      async scan(envelope, content, signal) {
        return rspamd.note(await deps.rspamd.scan(envelope, content, signal), signal);
      },
    },
    up() {
      const states = [clamd.up(), rspamd.up()];
      return states.every(Boolean);
    },
    describe: () => Promise.all([clamd.describe(), rspamd.describe()]),
  };
}

interface Watch {
  /** Gives the answer back. What came of an aborted scan says nothing of the scanner. */
  note<Answer extends { readonly kind: string }>(
    answer: Answer | Unavailable,
    signal: AbortSignal,
  ): Answer | Unavailable;
  up(): boolean;
  describe(): Promise<ScannerStatus>;
}

function watch(name: ScannerStatus['name'], probe: () => Promise<ProbeAnswer>, clock: Clock): Watch {
  let failure: string | null = null;
  let probing = false;
  let probedAtMs = Number.NEGATIVE_INFINITY;

  async function ask(): Promise<ProbeAnswer> {
    const answer = await probe();
    failure = answer.kind === 'unavailable' ? answer.detail : null;
    return answer;
  }

  return {
    note(answer, signal) {
      if (!signal.aborted) failure = isUnavailable(answer) ? answer.detail : null;
      return answer;
    },
    up() {
      if (failure === null) return true;
      if (!probing && clock.elapsedMs() - probedAtMs >= PROBE_EVERY_MS) {
        probing = true;
        probedAtMs = clock.elapsedMs();
        void ask().finally(() => {
          probing = false;
        });
      }
      return false;
    },
    async describe() {
      const answer = await ask();
      if (answer.kind === 'unavailable') {
        return { name, up: false, detail: answer.detail, version: null, signaturesAt: null };
      }
      return { name, up: true, detail: null, version: answer.version, signaturesAt: answer.signaturesAt };
    },
  };
}

function isUnavailable(answer: { readonly kind: string }): answer is Unavailable {
  return answer.kind === 'unavailable';
}
