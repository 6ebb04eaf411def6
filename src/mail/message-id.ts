/**
 * The identity of a message inside Geganti: 18 characters of [0-9a-z], a letter first. Nine of time (so ids
 * sort by arrival) and eight of randomness (so a clock set back makes no repeat). It is in our Received line,
 * the `250` answer, the spool, job ids, file names and the log; it never comes from outside unparsed.
 */
import { randomBytes } from 'node:crypto';
import type { Brand } from '../lib/brand.ts';

export type MessageId = Brand<string, 'MessageId'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const FORM = /^m[0-9a-hjkmnp-tv-z]{17}$/;

export function newMessageId(nowMs: number): MessageId {
  let time = '';
  let rest = Math.floor(nowMs);
  for (let i = 0; i < 9; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const octet of randomBytes(8)) random += ALPHABET.charAt(octet & 31);
  return `m${time}${random}` as MessageId;
}

export function parseMessageId(text: string): MessageId | null {
  return FORM.test(text) ? (text as MessageId) : null;
}
