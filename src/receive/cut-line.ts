/**
 * Cuts one command line off the octets of a client. Lines end with CR LF and nothing else: a peer that takes a
 * lone LF for a line end reads other commands than we do, which is how mail is smuggled past one of two servers.
 */
import type { Reply } from '../mail/reply.ts';
import { replies } from './replies.ts';

export type Cut =
  /** `control`: there is a control octet in it. */
  | { readonly kind: 'line'; readonly line: Buffer; readonly rest: Buffer; readonly control: boolean }
  /** The line end has not come yet. */
  | { readonly kind: 'partial' }
  /** Whoever speaks is not an honest SMTP client: answer and close. */
  | { readonly kind: 'breach'; readonly reply: Reply };

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;

/** `limitBytes` counts the line end (RFC 5321 §4.5.3.1.4). */
export function cutLine(data: Buffer, limitBytes: number): Cut {
  const end = data.indexOf(LF);
  // A TLS hello, SMB or the like: no reason to wait for a line end that may never come.
  if (isControl(data[0])) return { kind: 'breach', reply: replies.notSmtp };
  if (end < 0) {
    return data.length >= limitBytes ? { kind: 'breach', reply: replies.lineTooLong } : { kind: 'partial' };
  }
  if (end >= limitBytes) return { kind: 'breach', reply: replies.lineTooLong };
  if (end === 0 || data[end - 1] !== CR) return { kind: 'breach', reply: replies.bareLineFeedInCommand };
  const line = data.subarray(0, end - 1);
  return { kind: 'line', line, rest: data.subarray(end + 1), control: hasControl(line) };
}

function isControl(octet: number | undefined): boolean {
  return octet !== undefined && octet < 0x20 && octet !== CR && octet !== LF && octet !== TAB;
}

function hasControl(line: Buffer): boolean {
  for (const octet of line) if ((octet < 0x20 && octet !== TAB) || octet === 0x7f) return true;
  return false;
}
