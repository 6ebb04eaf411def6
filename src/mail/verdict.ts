/**
 * What the scanners together found in one message. Anything that is not one of these is `ScanFailure`: the
 * message waits, for nothing is delivered unscanned.
 */
export interface Verdict {
  /**
   * clean: to the mailbox. junk: to the mailbox's Junk folder. spam: refused. infected: refused.
   * unscannable: a scanner could not look into it (limits exceeded, encrypted archive): quarantined.
   * spam and infected are quarantined when the sender already has its `250`.
   */
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
  readonly scanner: 'clamd' | 'rspamd';
  /** For operators: "connect ENOENT /run/clamd.sock". */
  readonly detail: string;
}

export type ScanResult = Verdict | ScanFailure;

/** Verdicts that turn a message away at the door while its client waits. */
export function isRefused(verdict: Verdict): boolean {
  return verdict.kind === 'infected' || verdict.kind === 'spam';
}
