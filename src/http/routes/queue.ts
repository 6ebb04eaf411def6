/** What waits, and what an operator may do with it. The process that owns the spool answers; while it is away, nobody. */
import { type MessageId, parseMessageId } from '../../mail/message-id.ts';
import { QUEUE_ACTS, type QueueAct, type QueueControl } from '../../queue/queue.ts';
import { type SpooledMessage, waitingIn } from '../../spool/spool.ts';
import { MESSAGE_ID_FORM, NO_QUERY, QUEUE_QUERY } from '../queries.ts';
import {
  MESSAGE_IDS,
  QUEUE_CHANGE,
  WAITING_LIST,
  WAITING_MESSAGE_IN_FULL,
  type WaitingMessage,
  type WaitingMessageInFull,
} from '../resources.ts';
import { done, json, notFound, type Route, route, wrong } from '../route.ts';

const MAX_RECIPIENTS = 20;
const SUMMARIES: Readonly<Record<QueueAct, string>> = {
  retry: 'Try these messages again at once',
  hold: 'Let nobody work on these messages',
  release: 'Let these messages go on that were held',
  drop: 'Give these messages up; nobody is told',
};

export function queueRoutes(queue: QueueControl): Route[] {
  return [...readRoutes(queue), ...QUEUE_ACTS.map((act) => changeRoute(queue, act))];
}

function readRoutes(queue: Pick<QueueControl, 'list' | 'get'>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/queue',
      right: 'read',
      summary: 'List the messages that wait, oldest first',
      query: QUEUE_QUERY,
      body: null,
      good: json(WAITING_LIST),
      problems: [503],
      async handle({ query: { limit, held, after: afterText, ...filter } }) {
        // The query's check has read it: it is not null where it is given.
        const after = afterText === undefined ? null : parseMessageId(afterText);
        const { total, messages } = await queue.list(
          {
            ...filter,
            ...(held !== undefined && { held: held === 'true' }),
            ...(after !== null && { after }),
          },
          limit,
        );
        return done({ total, messages: messages.map(waitingMessage) });
      },
    }),
    route({
      method: 'GET',
      url: '/queue/:id',
      right: 'read',
      summary: 'Show a message that waits, with the state of every recipient',
      query: NO_QUERY,
      body: null,
      good: json(WAITING_MESSAGE_IN_FULL),
      problems: [404, 503],
      async handle({ params }) {
        const id = parseMessageId(params.id);
        const message = id && (await queue.get(id));
        return message ? done(inFull(message)) : notFound(`no message ${params.id} waits`);
      },
    }),
  ];
}

function changeRoute(queue: Pick<QueueControl, 'change'>, act: QueueAct): Route {
  return route({
    method: 'POST',
    url: `/queue/${act}`,
    right: 'operator',
    summary: SUMMARIES[act],
    query: NO_QUERY,
    body: MESSAGE_IDS,
    good: json(QUEUE_CHANGE),
    problems: [503],
    async handle({ body, by }) {
      const ids: MessageId[] = [];
      for (const text of body.ids) {
        const id = parseMessageId(text);
        if (!id) return wrong(`ids: "${text}" ${MESSAGE_ID_FORM}`);
        ids.push(id);
      }
      return done({ changed: await queue.change(act, ids, by) });
    },
  });
}

/** What an operator wants to know of a message that is still here. */
export function waitingMessage(message: SpooledMessage): WaitingMessage {
  const { envelope, verdict, scan, held } = message;
  const pending = waitingIn(message);
  // The one whose turn is next speaks for all.
  const next = pending.toSorted((a, b) => a.nextTryAt - b.nextTryAt)[0];
  const { attempts, nextTryAt, reason } = verdict === null ? scan : (next ?? scan);
  return {
    id: envelope.id,
    stage: verdict === null ? 'scan' : 'deliver',
    held,
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

function inFull(message: SpooledMessage): WaitingMessageInFull {
  const { client, login, messageIdHeader, parent } = message.envelope;
  const { verdict, recipients: recipientStates } = message;
  return { ...waitingMessage(message), client, login, messageIdHeader, parent, verdict, recipientStates };
}
