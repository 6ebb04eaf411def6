/** The delivery log: searched, followed as it grows, and the path of one message. */
import type { Directory } from '../../directory/directory.ts';
import type { Log } from '../../lib/log.ts';
import { Away } from '../../lib/problem.ts';
import { type MessageId, parseMessageId } from '../../mail/message-id.ts';
import type { QueueControl } from '../../queue/queue.ts';
import type { RecordedEvent } from '../../trace/events.ts';
import type { DeliveryLog } from '../../trace/log.ts';
import { noAgency, readAgencyCodes } from '../agency-codes.ts';
import { followEvents } from '../follow.ts';
import { logFilterOf } from '../log-filter.ts';
import { FOLLOW_QUERY, LOG_QUERY, MESSAGE_ID_FORM, NO_QUERY } from '../queries.ts';
import { FOLLOW_LINE, LOG_PAGE, MESSAGE_PATH } from '../resources.ts';
import { done, json, notFound, type Route, route } from '../route.ts';
import { waitingMessage } from './queue.ts';

export interface LogDeps {
  readonly deliveryLog: Pick<DeliveryLog, 'search' | 'events' | 'children' | 'follow'>;
  readonly directory: Pick<Directory, 'listAgencies'>;
  readonly control: { readonly queue: QueueControl };
  readonly log: Log;
  /** Aborted when the server stops: streams end with a notice. */
  readonly stopping: AbortSignal;
}

export function logRoutes(deps: LogDeps): Route[] {
  return [searchRoute(deps), followRoute(deps), pathRoute(deps)];
}

function searchRoute({ deliveryLog, directory }: LogDeps): Route {
  return route({
    method: 'GET',
    url: '/log',
    right: 'read',
    summary: 'Search the delivery log, newest first',
    query: LOG_QUERY,
    body: null,
    good: json(LOG_PAGE),
    problems: [404, 503],
    async handle({ query: { limit, cursor, ...given } }) {
      const codes = await readAgencyCodes(directory);
      const filter = logFilterOf(given, codes);
      if (filter.kind === 'no-agency') return noAgency(filter.code);
      const paging = cursor === undefined ? { limit } : { limit, cursor };
      const { entries, next } = await deliveryLog.search({ ...filter.filter, ...paging });
      const shown = entries.map((entry) => ({
        ...entry,
        senderAgency: codes.codeOf(entry.senderAgency),
        recipientAgency: codes.codeOf(entry.recipientAgency),
      }));
      return done({ entries: shown, next });
    },
  });
}

function followRoute(deps: LogDeps): Route {
  return route({
    method: 'GET',
    url: '/log/follow',
    right: 'read',
    summary: 'Follow the delivery log: one JSON value a line, an event or a notice',
    query: FOLLOW_QUERY,
    body: null,
    good: { kind: 'lines', status: 200, schema: FOLLOW_LINE },
    problems: [404],
    async handle({ query: { last, ...given } }) {
      const filter = logFilterOf(given, await readAgencyCodes(deps.directory));
      if (filter.kind === 'no-agency') return noAgency(filter.code);
      return done(followEvents(deps, filter.filter, last));
    },
  });
}

function pathRoute({ deliveryLog, control }: LogDeps): Route {
  return route({
    method: 'GET',
    url: '/log/messages/:id',
    right: 'read',
    summary: 'Show the path of one message',
    query: NO_QUERY,
    body: null,
    good: json(MESSAGE_PATH),
    problems: [404, 503],
    async handle({ params }) {
      const id = parseMessageId(params.id);
      if (!id) return notFound(`"${params.id}" ${MESSAGE_ID_FORM}`);
      const [events, known, { waiting, notice }] = await Promise.all([
        deliveryLog.events(id),
        deliveryLog.children(id),
        findWaiting(control.queue, id),
      ]);
      if (events.length === 0 && !waiting) {
        return notFound(`the delivery log knows no message ${id}${notice === null ? '' : `; ${notice}`}`);
      }
      return done({ id, events, ...familyOf(events, known), waiting, notice });
    },
  });
}

/** The log is worth reading also while the receiver is away. */
async function findWaiting(queue: Pick<QueueControl, 'get'>, id: MessageId) {
  try {
    const message = await queue.get(id);
    return { waiting: message && waitingMessage(message), notice: null };
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    return { waiting: null, notice: `whether it still waits is not known: ${error.message}` };
  }
}

/** A child may be named here before its own events can be found, and the other way round. */
function familyOf(events: readonly RecordedEvent[], known: readonly MessageId[]) {
  let parent: MessageId | null = null;
  const children = new Set(known);
  for (const event of events) {
    if (event.kind === 'accepted') parent = event.parent;
    if (event.kind === 'bounced') children.add(event.bounce);
    if (event.kind === 'released') children.add(event.child);
  }
  // Ids sort by arrival.
  return { parent, children: [...children].sort() };
}
