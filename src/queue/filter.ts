/** Which waiting messages an operator asked for. Pure. */
import { fitsPattern, parsePattern } from '../mail/address-pattern.ts';
import { type SpooledMessage, waitingIn } from '../spool/spool.ts';
import { stageOf } from './due.ts';
import type { QueueFilter } from './queue.ts';

export function createMatcher(filter: QueueFilter): (message: SpooledMessage) => boolean {
  const sender = filter.sender === undefined ? null : parsePattern(filter.sender);
  const recipient = filter.recipient === undefined ? null : parsePattern(filter.recipient);
  return (message) =>
    (filter.after === undefined || message.envelope.id > filter.after) &&
    (filter.held === undefined || message.held === filter.held) &&
    (filter.stage === undefined || stageOf(message) === filter.stage) &&
    (sender === null || fitsPattern(sender, message.envelope.sender)) &&
    (recipient === null || waitingIn(message).some(({ address }) => fitsPattern(recipient, address)));
}
