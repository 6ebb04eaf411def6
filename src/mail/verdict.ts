import type { Action, Finding } from './finding.ts';

/**
 * What scanners and content rules together found in one message, and what is done with it. Anything that is not one of
 * these is `ScanFailure`: the message waits, for nothing is delivered unscanned.
 */
export interface Verdict {
  /** The strongest action among the findings; `deliver`: none is stronger than `tag`. */
  readonly action: 'deliver' | Extract<Action, 'junk' | 'quarantine' | 'refuse'>;
  /** Heaviest first, at most 30; those of the scanners are among them (`virus`, `spam` …). */
  readonly findings: readonly Finding[];
  /** What the scanners say. unscannable: one could not look into it (limits exceeded, encrypted archive). */
  readonly kind: 'clean' | 'junk' | 'spam' | 'infected' | 'unscannable';
  /** The virus scanner's name of what it found ("Eicar-Test-Signature"); null: nothing. */
  readonly signature: string | null;
  readonly score: number;
  /** The score from which a message counts as junk. */
  readonly junkScore: number;
  /** The spam filter's symbols that weighed something, heaviest first, at most 30. */
  readonly symbols: readonly string[];
}

export interface ScanFailure {
  readonly kind: 'unavailable';
  /** content: the look into attachments and links. */
  readonly scanner: 'clamd' | 'rspamd' | 'content';
  /** For operators: "connect ENOENT /run/clamd.sock". */
  readonly detail: string;
}

export type ScanResult = Verdict | ScanFailure;

/** Verdicts that turn a message away at the door while its client waits. */
export function isRefused(verdict: Verdict): boolean {
  return verdict.action === 'refuse';
}

/** The heaviest of those that made the action what it is; null: the message is delivered, and nothing had to decide it. */
export function decisiveFinding({ action, findings }: Pick<Verdict, 'action' | 'findings'>): Finding | null {
  return findings.find((finding) => finding.action === action) ?? null;
}
