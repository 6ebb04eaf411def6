/**
 * Children outlive a supervisor that was killed. Before a new one starts anything it ends them, and only them: a
 * process is ours when it is the very one that was recorded (pid, boot, start time), or when it is of a recorded
 * process's group and works in our data folder (workers whose main process is gone).
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { endProcesses, groupMembers, identityOf, worksIn } from './process.ts';
import { readOwnStackState } from './state.ts';

const patienceMs = 5000;

/** Throws a Problem when another supervisor serves this folder right now. */
export async function endLeftovers(deps: { data: string; log: Log; clock: Clock }): Promise<void> {
  const { data, log, clock } = deps;
  const state = readOwnStackState(data);
  if (!state) return;
  const { supervisor } = state;
  if (supervisor && supervisor.identity !== null && identityOf(supervisor.pid) === supervisor.identity) {
    throw new Problem(`data: ${data} is in use by process ${supervisor.pid}; stop it or set another folder`);
  }
  // In the order of a stop: the server first, while Redis and Dovecot still answer it.
  for (const part of state.parts.toReversed()) {
    const { pid, identity } = part;
    if (pid === null || identity === null) continue;
    const alive = identityOf(pid) === identity;
    const ours = (): number[] =>
      groupMembers(pid).filter((member) => alive || (member !== pid && worksIn(member, data)));
    const found = ours();
    if (found.length === 0) continue;
    log.warn({ part: part.name, pids: found }, 'ending what an earlier supervisor left running');
    await endProcesses(ours, patienceMs, clock);
  }
}
