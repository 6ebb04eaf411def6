/** The content rules without a server: the inspector of the doors, and the box behind it, over the settings as shipped. */
import { Readable } from 'node:stream';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Action, Direction, Found } from '../../src/mail/finding.ts';
import { createContentJudge } from '../../src/policy/judge.ts';
import type { ContentPolicy, Judged } from '../../src/rules/content-policy.ts';
import { evaluate } from '../../src/rules/evaluate.ts';
import { createInspector, type Inspection } from '../../src/rules/inspect.ts';
import { envelope } from '../support/messages.ts';
import { defaultSettings } from '../support/settings.ts';
import type { Who } from './build-message.ts';
import type { Case } from './sample.ts';

export const POLICY: ContentPolicy = defaultSettings().policy;
export const FROM_OUTSIDE: Judged = { direction: 'in', agencies: ['moh'] };
const PATIENCE_MS = 60_000;

export const WHO: Who = { from: 'ali@partner.example', to: 'siti@moh.example', id: 'sampel.1' };

export function inspect(content: Buffer, judged: Judged = FROM_OUTSIDE, policy = POLICY): Inspection {
  const inspector = createInspector({ policy, judged });
  inspector.write(content);
  return inspector.end();
}

export interface Box extends AsyncDisposable {
  /** Of one message, as a worker sees it: all that is found in it. */
  inspect(content: Buffer): Promise<readonly Found[]>;
}

export function openBox(judged: Judged = FROM_OUTSIDE): Box {
  const judge = createContentJudge({
    policy: () => POLICY,
    judged: async () => judged,
    openTimeoutMs: () => PATIENCE_MS,
    openMemoryBytes: () => 256 * 1024 ** 2,
    processes: 2,
    clock: systemClock,
    log: silentLog,
  });
  return {
    inspect: (content) =>
      judge.inspect(
        envelope([WHO.to], content),
        async () => Readable.from([content], { objectMode: false }),
        AbortSignal.timeout(PATIENCE_MS),
      ),
    [Symbol.asyncDispose]: () => judge[Symbol.asyncDispose](),
  };
}

/** What is done with a case that comes so. */
export function actionOn({ reason, expect }: Case, direction: Direction): Action {
  const action = expect?.[direction] ?? POLICY.modes[reason][direction];
  if (action === null) throw new Error(`nobody looks for ${reason}`);
  return action;
}

/** The actions on what was found, each once. */
export function actionsOn(found: readonly Found[], direction: Direction): Set<Action> {
  return new Set(evaluate(found, direction, POLICY.modes).map(({ action }) => action));
}
