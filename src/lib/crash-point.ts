/**
 * Named instants at which a test may kill the process, so that every window of a crash is hit on purpose and not
 * by luck. `name` dies at the first pass, `name:3` at the third. Nobody sets it outside the tests.
 */
export type CrashPoint = (name: string) => void;

export const noCrash: CrashPoint = () => {};

/** `setting`: the value of GEGANTI_CRASH_AT; empty or undefined: never. */
export function createCrashPoint(setting: string | undefined): CrashPoint {
  const match = /^([a-z-]+)(?::(\d+))?$/.exec(setting ?? '');
  if (!match) return noCrash;
  const wanted = match[1];
  let left = Number(match[2] ?? 1);
  return (name) => {
    // SIGKILL: no handler runs, no buffer is flushed, as when the kernel or an operator ends the process.
    if (name === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
