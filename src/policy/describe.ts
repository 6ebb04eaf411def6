/** The verdict in words. Pure. */
import { decisiveFinding, type Verdict } from '../mail/verdict.ts';

/** For operators: why the message is kept. A virus by its name, whatever else is wrong with the message. */
export function describeVerdict(verdict: Verdict): string {
  if (verdict.kind === 'infected' && verdict.signature !== null) return verdict.signature;
  return decisiveFinding(verdict)?.detail ?? verdict.signature ?? verdict.kind;
}
