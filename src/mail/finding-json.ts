/** Findings as they lie on the disk (spool, quarantine) and in the log: JSON, read back without trust. Throws `BadField`. */
import { asFields, asString, oneOf, orNull } from '../lib/fields.ts';
import { ACTIONS, type Finding, REASONS } from './finding.ts';

const MAX_DETAIL = 300;
/** Fifty levels of parts, and the names of what is opened behind them. */
const MAX_PART = 1000;

export function asFinding(value: unknown, name: string): Finding {
  const fields = asFields(value, name);
  return {
    reason: oneOf(fields.reason, `${name}.reason`, REASONS),
    detail: atMost(fields.detail, `${name}.detail`, MAX_DETAIL),
    part: orNull(fields.part, `${name}.part`, (part, at) => atMost(part, at, MAX_PART)),
    action: oneOf(fields.action, `${name}.action`, ACTIONS),
  };
}

/** Cut, not refused: a text too long is no reason to lose the message that it belongs to. */
function atMost(value: unknown, name: string, length: number): string {
  return asString(value, name).slice(0, length);
}
