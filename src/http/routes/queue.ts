/** What waits: read from the spool, which is the truth, and not from the queue. */
import type { Spool, SpooledMessage } from '../../spool/spool.ts';
import type { WaitingList, WaitingMessage } from '../resources.ts';
import { ok, type Route, route } from '../route.ts';

const MAX_RECIPIENTS = 20;

export function queueRoutes(spool: Pick<Spool, 'list' | 'status'>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/queue',
      right: 'operator',
      body: null,
      query: {
        type: 'object',
        additionalProperties: false,
        required: [],
        properties: { limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 } },
      },
      async handle({ query }) {
        const messages: WaitingMessage[] = [];
        for (const message of spool.list()) {
          if (messages.length >= query.limit) break;
          messages.push(waitingMessage(message));
        }
        return ok({ total: spool.status.messages, messages } satisfies WaitingList);
      },
    }),
  ];
}

/** What an operator wants to know of a message that is still here. */
export function waitingMessage({ envelope, verdict, recipients, scan }: SpooledMessage): WaitingMessage {
  const pending = recipients.filter((recipient) => recipient.outcome === null);
  // The one whose turn is next speaks for all.
  const next = pending.toSorted((a, b) => a.nextTryAt - b.nextTryAt)[0];
  const { attempts, nextTryAt, reason } = verdict === null ? scan : (next ?? scan);
  return {
    id: envelope.id,
    stage: verdict === null ? 'scan' : 'deliver',
    door: envelope.door,
    sender: envelope.sender,
    recipients: pending.slice(0, MAX_RECIPIENTS).map((recipient) => recipient.address),
    recipientCount: pending.length,
    receivedAt: envelope.receivedAt,
    sizeBytes: envelope.sizeBytes,
    attempts,
    nextTryAt,
    reason,
  };
}
