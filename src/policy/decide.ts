/** What a verdict means for a message that was accepted. Pure; every recipient fares alike so far. */
import type { QuarantineReason } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';

export type Destination =
  | { readonly kind: 'deliver'; readonly folder: 'INBOX' | 'Junk' }
  | { readonly kind: 'quarantine'; readonly reason: QuarantineReason };

export function decide(verdict: Verdict): Destination {
  switch (verdict.kind) {
    case 'clean':
      return { kind: 'deliver', folder: 'INBOX' };
    case 'junk':
      return { kind: 'deliver', folder: 'Junk' };
    // These two are refused at the door; here the verdict came after the sender had its `250`.
    case 'spam':
      return { kind: 'quarantine', reason: 'spam' };
    case 'infected':
      return { kind: 'quarantine', reason: 'infected' };
    case 'unscannable':
      return { kind: 'quarantine', reason: 'unscannable' };
  }
}

/** For operators: why the message is kept. */
export function describeVerdict(verdict: Verdict): string {
  if (verdict.signature !== null) return verdict.signature;
  const tests = verdict.symbols.slice(0, 10).join(' ');
  return `score ${verdict.score.toFixed(1)} of ${verdict.junkScore.toFixed(1)} ${tests}`.trimEnd();
}
