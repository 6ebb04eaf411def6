/**
 * Step 4 of a delivery: what an answer means for one recipient. Pure.
 * RFC 5321 §4.2.1 (first digit), RFC 2033 §4.2 (a reply for each recipient after the dot).
 * What cannot be understood is temporary; what was lost after the final dot may have been delivered.
 */
import type { AttemptOutcome } from '../mail/outcome.ts';
import type { Reply } from '../mail/reply.ts';
import type { Answer } from './transact.ts';

export function classify(answer: Answer): AttemptOutcome {
  const { phase, reply } = answer;
  const dotSent = phase === 'final';
  if (reply === null) return deferred(lostReply(answer.lost, dotSent), dotSent);
  // A greeting or LHLO reply is about the server, never about this recipient.
  if (phase === 'connect') return deferred(reply, false);
  switch (Math.floor(reply.code / 100)) {
    case 2:
      return dotSent ? { kind: 'delivered', reply } : deferred(reply, false);
    case 4:
      return deferred(reply, false);
    case 5:
      return { kind: 'failed', reply };
    default:
      return deferred(reply, dotSent);
  }
}

function deferred(reply: Reply, maybeDuplicate: boolean): AttemptOutcome {
  return { kind: 'deferred', reply, maybeDuplicate };
}

/** Our own words in the form of a reply (RFC 3463: 4.4.2 bad connection). */
function lostReply(lost: string, dotSent: boolean): Reply {
  const when = dotSent ? 'lost after the end of the message: ' : '';
  return { code: 451, enhanced: '4.4.2', lines: [`${when}${lost}`] };
}
