/**
 * What the scanners and the look into the content may answer, and the one rule that makes a verdict of all answers. Pure.
 *
 * Invariant (promise P3): only "clamd looked into all of it and found nothing" together with a known action of rspamd
 * lets mail through. Everything else waits, is kept or is refused; no mode of the settings changes that.
 */
import type { Direction, Found } from '../mail/finding.ts';
import type { ScanFailure, Verdict } from '../mail/verdict.ts';
import type { Modes } from '../rules/content-policy.ts';
import { evaluate, strongest } from '../rules/evaluate.ts';

/** No answer, or none that can be relied on. `detail` is for operators. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly detail: string;
  /** The scanner took the connection and did not come to an answer in time: the message may be the cause. */
  readonly late?: true;
}

/** What the content shows when it is opened. */
export type ContentAnswer = { readonly kind: 'seen'; readonly found: readonly Found[] } | Unavailable;

/** By what the findings of one message are judged. */
export interface Rules {
  readonly direction: Direction;
  readonly modes: Modes;
  /** What was seen in it while it came in. */
  readonly door: readonly Found[];
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
const MAX_DETAIL = 300;

/** Whether the answer decides alone, without the other scanner. */
export function isInfection(virus: VirusAnswer): boolean {
  return virus.kind === 'found' && !COULD_NOT_LOOK.test(virus.signature);
}

/** infected beats everything, a missing answer beats the rest, then unscannable, spam, junk, clean. */
export function combine(
  virus: VirusAnswer,
  spam: SpamAnswer,
  content: ContentAnswer,
  rules: Rules,
): Verdict | MissingAnswer {
  const infected = isInfection(virus);
  if (!infected) {
    if (virus.kind === 'unavailable') return { ...virus, scanner: 'clamd' };
    if (spam.kind === 'unavailable') return { ...spam, scanner: 'rspamd' };
    if (content.kind === 'unavailable') return { ...content, scanner: 'content' };
  }
  const found = [...virusFound(virus), ...spamFound(spam), ...(content.kind === 'seen' ? content.found : [])];
  const signature = virus.kind === 'found' ? virus.signature : null;
  const scanned = spam.kind === 'unavailable' ? ({ kind: 'clean', ...NO_SCORE } as const) : spam;
  const kind = infected ? 'infected' : signature !== null ? 'unscannable' : scanned.kind;
  return conclude({ ...scanned, kind, signature }, found, rules);
}

/** For a message over which a scanner that works runs out of time again and again. */
export function unscannableInTime(scanner: MissingAnswer['scanner'], rules: Rules): Verdict {
  const signature = `Geganti.NoAnswerInTime.${scanner}`;
  const found: Found = { reason: 'unscannable', detail: signature, part: null };
  return conclude({ kind: 'unscannable', signature, ...NO_SCORE }, [found], rules);
}

function conclude(
  { kind, signature, score, junkScore, symbols }: Omit<Verdict, 'action' | 'findings'>,
  found: readonly Found[],
  { direction, modes, door }: Rules,
): Verdict {
  // Who opens the content sees again what the door saw: each is one finding.
  const findings = evaluate([...door, ...found], direction, neverUnscanned(modes, direction));
  return { action: strongest(findings), findings, kind, signature, score, junkScore, symbols };
}

/** What was found, or could not be looked into, reaches nobody, whatever the settings say of it. */
function neverUnscanned(modes: Modes, direction: Direction): Modes {
  const atLeastKept = (reason: 'virus' | 'unscannable') => {
    const mode = modes[reason][direction];
    return { ...modes[reason], [direction]: mode === 'refuse' ? mode : 'quarantine' } as const;
  };
  return { ...modes, virus: atLeastKept('virus'), unscannable: atLeastKept('unscannable') };
}

function virusFound(virus: VirusAnswer): Found[] {
  if (virus.kind !== 'found') return [];
  return [{ reason: isInfection(virus) ? 'virus' : 'unscannable', detail: virus.signature, part: null }];
}

function spamFound(spam: SpamAnswer): Found[] {
  if (spam.kind !== 'spam' && spam.kind !== 'junk') return [];
  const tests = spam.symbols.slice(0, 10).join(' ');
  const detail = `score ${spam.score.toFixed(1)} of ${spam.junkScore.toFixed(1)} ${tests}`.trimEnd();
  return [{ reason: spam.kind, detail: detail.slice(0, MAX_DETAIL), part: null }];
}
