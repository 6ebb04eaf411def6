/**
 * What each scanner may answer, and the one rule that makes a verdict of both answers. Pure.
 *
 * Invariant (promise P3): only "clamd looked into all of it and found nothing" together with a known action of rspamd
 * lets mail through. Everything else waits, is kept or is refused.
 */
import type { ScanFailure, Verdict } from '../mail/verdict.ts';

/** No answer, or none that can be relied on. `detail` is for operators. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly detail: string;
  /** The scanner took the connection and did not come to an answer in time: the message may be the cause. */
  readonly late?: true;
}

/** Of which scanner the answer is missing. */
export type MissingAnswer = ScanFailure & Unavailable;

export type VirusAnswer =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly signature: string }
  | Unavailable;

export interface SpamScore {
  readonly kind: 'clean' | 'junk' | 'spam';
  readonly score: number;
  /** The score from which a message counts as junk. */
  readonly junkScore: number;
  /** Those that weighed something, heaviest first, at most 30. */
  readonly symbols: readonly string[];
}

export type SpamAnswer = SpamScore | Unavailable;

/**
 * clamd reports these like a virus, but they say that it could not look inside: past its limits, or an encrypted
 * archive or document.
 */
const COULD_NOT_LOOK = /^Heuristics\.(?:Encrypted|Limits\.Exceeded)/;

const NO_SCORE = { score: 0, junkScore: 0, symbols: [] } as const;

/** Whether the answer decides alone, without the other scanner. */
export function isInfection(virus: VirusAnswer): boolean {
  return virus.kind === 'found' && !COULD_NOT_LOOK.test(virus.signature);
}

/** infected beats everything, a missing answer beats the rest, then unscannable, spam, junk, clean. */
export function combine(virus: VirusAnswer, spam: SpamAnswer): Verdict | MissingAnswer {
  if (virus.kind === 'found' && isInfection(virus)) {
    const scores = spam.kind === 'unavailable' ? NO_SCORE : weights(spam);
    return { kind: 'infected', signature: virus.signature, ...scores };
  }
  if (virus.kind === 'unavailable') return { ...virus, scanner: 'clamd' };
  if (spam.kind === 'unavailable') return { ...spam, scanner: 'rspamd' };
  if (virus.kind === 'found') return { kind: 'unscannable', signature: virus.signature, ...weights(spam) };
  return { kind: spam.kind, signature: null, ...weights(spam) };
}

/** For a message over which a scanner that works runs out of time again and again. */
export function unscannableInTime(scanner: MissingAnswer['scanner']): Verdict {
  return { kind: 'unscannable', signature: `Geganti.NoAnswerInTime.${scanner}`, ...NO_SCORE };
}

function weights({ score, junkScore, symbols }: SpamScore): Omit<SpamScore, 'kind'> {
  return { score, junkScore, symbols };
}
