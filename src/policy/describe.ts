/** The verdict in words. Pure. */
import type { Verdict } from '../mail/verdict.ts';

/** For operators: why the message is kept. */
export function describeVerdict(verdict: Verdict): string {
  if (verdict.signature !== null) return verdict.signature;
  const tests = verdict.symbols.slice(0, 10).join(' ');
  return `score ${verdict.score.toFixed(1)} of ${verdict.junkScore.toFixed(1)} ${tests}`.trimEnd();
}
