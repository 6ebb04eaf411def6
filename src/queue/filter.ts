/** Which waiting messages an operator asked for. Pure. */
import type { Address } from '../mail/address.ts';
import type { SpooledMessage } from '../spool/spool.ts';
import { stageOf, waitingIn } from './due.ts';
import type { QueueFilter } from './queue.ts';

export function createMatcher(filter: QueueFilter): (message: SpooledMessage) => boolean {
  const sender = addressMatcher(filter.sender);
  const recipient = addressMatcher(filter.recipient);
  return (message) =>
    (filter.held === undefined || message.held === filter.held) &&
    (filter.stage === undefined || stageOf(message) === filter.stage) &&
    (sender === null || sender(message.envelope.sender ?? '<>')) &&
    (recipient === null || waitingIn(message).some((state) => recipient(state.address)));
}

/** `<>` is the empty sender. */
function addressMatcher(wanted: string | undefined): ((address: Address | '<>') => boolean) | null {
  if (wanted === undefined) return null;
  const key = wanted.toLowerCase();
  if (key.startsWith('@')) return (address) => address.toLowerCase().endsWith(key);
  return (address) => address.toLowerCase() === key;
}
