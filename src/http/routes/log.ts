/** The delivery log: its last events, its events as they come, and the path of one message. */
import type { Readable } from 'node:stream';
import { type MessageId, parseMessageId } from '../../mail/message-id.ts';
import type { Spool } from '../../spool/spool.ts';
import type { RecordedEvent, Trace } from '../../trace/events.ts';
import type { EventList, MessagePath } from '../resources.ts';
import { notFound, ok, type Route, route } from '../route.ts';
import { NOTHING } from '../schema.ts';
import { waitingMessage } from './queue.ts';

export interface LogDeps {
  readonly trace: Pick<Trace, 'find' | 'recent'>;
  readonly spool: Pick<Spool, 'get'>;
  /** The live log, after its last `last` events. */
  readonly follow: (last: number) => Readable;
}

export function logRoutes({ trace, spool, follow }: LogDeps): Route[] {
  return [
    route({
      method: 'GET',
      url: '/log',
      right: 'operator',
      body: null,
      query: lastEvents(20),
      handle: async ({ query }) => ok({ events: await trace.recent(query.last) } satisfies EventList),
    }),
    route({
      method: 'GET',
      url: '/log/follow',
      right: 'operator',
      body: null,
      query: lastEvents(0),
      handle: async ({ query }) => ({ kind: 'lines', lines: follow(query.last) }),
    }),
    route({
      method: 'GET',
      url: '/log/messages/:id',
      right: 'operator',
      body: null,
      query: NOTHING,
      async handle({ params }) {
        const id = parseMessageId(params.id);
        if (!id) return notFound(`"${params.id}" is not a message id; one looks like m1kfq3x8z0a7c2d4e6`);
        const message = spool.get(id);
        const path = pathOf(id, await trace.find(id));
        if (path.events.length === 0 && !message) return notFound(`the delivery log knows no message ${id}`);
        return ok({ ...path, waiting: message ? waitingMessage(message) : null } satisfies MessagePath);
      },
    }),
  ];
}

function lastEvents<const Default extends number>(byDefault: Default) {
  const last = { type: 'integer', minimum: 0, maximum: 10_000, default: byDefault } as const;
  return { type: 'object', additionalProperties: false, required: [], properties: { last } } as const;
}

function pathOf(id: MessageId, events: readonly RecordedEvent[]): Omit<MessagePath, 'waiting'> {
  let parent: MessageId | null = null;
  const children = new Set<MessageId>();
  for (const event of events) {
    if (event.kind === 'accepted') parent = event.parent;
    if (event.kind === 'bounced') children.add(event.bounce);
  }
  return { id, events, parent, children: [...children] };
}
