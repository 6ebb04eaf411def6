/**
 * Verdicts of an older version, which knew neither action nor findings: what they meant then, in today's words. Such
 * records wait in spool, quarantine and delivery log. Pure.
 */
import type { Finding, Reason } from './finding.ts';
import type { Verdict } from './verdict.ts';

type Older = Omit<Verdict, 'action' | 'findings'>;

const RULE: Readonly<
  Record<Exclude<Verdict['kind'], 'clean'>, { reason: Reason; action: Exclude<Verdict['action'], 'deliver'> }>
> = {
  junk: { reason: 'junk', action: 'junk' },
  spam: { reason: 'spam', action: 'refuse' },
  infected: { reason: 'virus', action: 'refuse' },
  unscannable: { reason: 'unscannable', action: 'quarantine' },
};

export function completeVerdict(older: Older): Verdict {
  if (older.kind === 'clean') return { action: 'deliver', findings: [], ...older };
  const { reason, action } = RULE[older.kind];
  const finding: Finding = { reason, detail: older.signature ?? older.kind, part: null, action };
  return { action, findings: [finding], ...older };
}
