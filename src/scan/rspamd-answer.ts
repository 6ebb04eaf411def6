/**
 * Reads rspamd's answer to /checkv2 (rspamd protocol, "Rspamd HTTP reply"). Pure.
 *
 * Invariant (promise P3): an answer that lacks a known action, a score or a threshold is no answer.
 */
import { isRecord } from '../lib/fields.ts';
import { printable } from '../mail/reply.ts';
import type { SpamAnswer, SpamScore } from './verdict.ts';

/** Every other action (soft reject, discard, quarantine, a name of the future) makes the message wait. */
const ACTIONS: Readonly<Record<string, SpamScore['kind']>> = {
  'no action': 'clean',
  greylist: 'clean',
  'add header': 'junk',
  'rewrite subject': 'junk',
  reject: 'spam',
};
const SYMBOLS = 30;

/** From which score a message is junk or spam; null: as rspamd says. */
export interface SpamThresholds {
  readonly junk: number | null;
  readonly spam: number | null;
}

const RSPAMDS_OWN: SpamThresholds = { junk: null, spam: null };

export function parseSpamReply(status: number, body: string, ours: SpamThresholds = RSPAMDS_OWN): SpamAnswer {
  if (status !== 200) return none(`HTTP ${status}: ${body}`);
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return none(`no JSON: ${body}`);
  }
  if (!isRecord(answer)) return none(`no object: ${body}`);
  const { action, score } = answer;
  const kind = typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (kind === undefined) return none(`action ${JSON.stringify(action) ?? 'missing'}`);
  // A refusal may come without looking further (GTUBE does); a skipped message that may pass was not looked at.
  if (answer.is_skipped === true && kind !== 'spam') return none('the spam filter skipped the message');
  const junkScore = ours.junk ?? junkThreshold(answer);
  if (!isNumber(score) || junkScore === null) return none('an answer without score');
  const judged = isForced(kind, score, answer) ? kind : judge(kind, score, ours);
  return { kind: judged, score, junkScore, symbols: symbolsOf(answer.symbols) };
}

/** Refused whatever its score (GTUBE, a rule of the operator's). */
function isForced(
  kind: SpamScore['kind'],
  score: number,
  { required_score: refused }: Record<string, unknown>,
) {
  return kind === 'spam' && !(isNumber(refused) && score >= refused);
}

/** Without a threshold of ours, rspamd's word for that step stands. */
function judge(kind: SpamScore['kind'], score: number, { junk, spam }: SpamThresholds): SpamScore['kind'] {
  if (spam === null ? kind === 'spam' : score >= spam) return 'spam';
  return (junk === null ? kind !== 'clean' : score >= junk) ? 'junk' : 'clean';
}

/**
 * The lowest score at which a message is marked; where marking is switched off, the one at which it is refused. Older
 * versions (3.4) do not name thresholds: there our own script (config/stack/rspamd.lua) does, as a message.
 */
function junkThreshold(answer: Record<string, unknown>): number | null {
  const thresholds = isRecord(answer.thresholds) ? answer.thresholds : {};
  const messages = isRecord(answer.messages) ? answer.messages : {};
  const told = Number.parseFloat(String(messages['add header']));
  const marking = [thresholds['add header'], thresholds['rewrite subject'], told].filter(isNumber);
  if (marking.length > 0) return Math.min(...marking);
  return isNumber(answer.required_score) ? answer.required_score : null;
}

function symbolsOf(symbols: unknown): string[] {
  if (!isRecord(symbols)) return [];
  const weighed: { name: string; weight: number }[] = [];
  for (const [name, symbol] of Object.entries(symbols)) {
    const weight = isRecord(symbol) ? symbol.score : undefined;
    if (isNumber(weight) && weight !== 0 && /^\w{1,64}$/.test(name)) {
      weighed.push({ name, weight: Math.abs(weight) });
    }
  }
  weighed.sort((a, b) => b.weight - a.weight);
  return weighed.slice(0, SYMBOLS).map((symbol) => symbol.name);
}

function none(detail: string): SpamAnswer {
  return { kind: 'unavailable', detail: printable(detail).slice(0, 200) };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
