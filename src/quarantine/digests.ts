/**
 * Tells recipients once a day what was kept from them. A small loop over the clock, the state file and `tellRecipients`.
 *
 * - A round begins when the set time has passed since the last one: at that time, or when the server is up again. However
 *   long it was down, there is one round, of all that was kept since the last.
 * - How far it came is written down as it goes on (`digest-round.ts`); a crash before the first note begins it anew.
 */
import { join } from 'node:path';
import type { TimeOfDay } from '../config/settings.ts';
import { createZone } from '../lib/zone.ts';
import { type DigestRoundDeps, tellRecipients } from './digest-round.ts';
import { type DigestState, readDigestState, writeDigestState } from './digest-state.ts';
import { lastDue } from './digest-time.ts';
import type { Quarantine } from './quarantine.ts';

export interface DigestsDeps extends Omit<DigestRoundDeps, 'save' | 'quarantine'> {
  /** The quarantine's: the state is a hidden file in it. */
  readonly folder: string;
  readonly quarantine: Pick<Quarantine, 'entries' | 'get' | 'settled'>;
  /** Read each time: it may change. Null: no digests. */
  readonly settings: { readonly digestAt: TimeOfDay | null };
}

const FILE = '.digest.json';
const LOOK_MS = 10_000;
/** When nothing can enter: at a start the receiver may not have been found yet. Doubled each time. */
const STUCK_MS = 2_000;
const MAX_STUCK_MS = 300_000;
const OWED_MS = 3_600_000;

export function startDigests(deps: DigestsDeps): AsyncDisposable {
  const stopping = new AbortController();
  const running = run(deps, stopping.signal);
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

async function run(deps: DigestsDeps, signal: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  const digests = createDigests(deps);
  let stuckMs = STUCK_MS;
  while (!signal.aborted) {
    let done = false;
    try {
      done = await digests.look(signal);
    } catch (error) {
      log.error({ err: error }, 'digests: this round goes on later');
    }
    await clock.sleep(done ? LOOK_MS : stuckMs, signal);
    stuckMs = done ? STUCK_MS : Math.min(2 * stuckMs, MAX_STUCK_MS);
  }
}

/** `look`: does what is due now. False: it could not; look again, but not at once. */
export function createDigests(deps: DigestsDeps) {
  const { quarantine, settings, timezone, clock, log } = deps;
  const path = join(deps.folder, FILE);
  const zone = createZone(timezone);
  const save = (next: DigestState) => writeDigestState(path, next);
  let known: DigestState | null = null;
  let owedAgainAt = 0;

  async function load(due: number): Promise<DigestState> {
    const { state, problem } = await readDigestState(path);
    if (problem !== null) log.error({ path, problem }, 'digests begin anew: their state cannot be read');
    if (state) return state;
    // As if the last one had told all.
    const fresh: DigestState = { dueAt: due, toldUntil: due, open: null, owed: [] };
    await save(fresh);
    return fresh;
  }

  async function begin(state: DigestState, due: number): Promise<DigestState> {
    return { ...state, dueAt: due, open: { until: await quarantine.settled(), after: null } };
  }

  return {
    async look(signal: AbortSignal): Promise<boolean> {
      const time = settings.digestAt;
      if (time === null) return true;
      const due = lastDue(clock.now(), time, zone);
      let state = known ?? (await load(due));
      known = state;
      if (state.open === null && due > state.dueAt) state = await begin(state, due);
      const owedNow = state.owed.length > 0 && clock.elapsedMs() >= owedAgainAt;
      if (state.open === null && !owedNow) return true;
      known = null;
      const result = await tellRecipients({ ...deps, save }, state, signal);
      known = result.state;
      if (!result.stuck) owedAgainAt = clock.elapsedMs() + OWED_MS;
      return !result.stuck;
    },
  };
}
