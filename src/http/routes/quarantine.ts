/** Kept mail, with its reasons, released or deleted; its content is shown to nobody here. */
import type { Directory } from '../../directory/directory.ts';
import { parseMessageId } from '../../mail/message-id.ts';
import type { Quarantine, QuarantineItem, Releases } from '../../quarantine/quarantine.ts';
import { noAgency, readAgencyCodes } from '../agency-codes.ts';
import { createKeptFilter } from '../kept-filter.ts';
import { NO_QUERY, QUARANTINE_QUERY } from '../queries.ts';
import {
  KEPT_MESSAGE,
  KEPT_MESSAGE_IN_FULL,
  type KeptMessage,
  type KeptMessageInFull,
  QUARANTINE_LIST,
  RELEASE,
  RELEASE_REQUEST,
} from '../resources.ts';
import { done, json, notFound, type Route, refused, route } from '../route.ts';

export interface QuarantineDeps {
  readonly directory: Pick<Directory, 'listAgencies'>;
  readonly quarantine: Pick<Quarantine, 'list' | 'get'>;
  readonly releases: Releases;
}

export function quarantineRoutes(deps: QuarantineDeps): Route[] {
  return [...readRoutes(deps), ...changeRoutes(deps)];
}

function readRoutes({ directory, quarantine }: QuarantineDeps): Route[] {
  return [
    route({
      method: 'GET',
      url: '/quarantine',
      right: 'read',
      summary: 'List the messages that are kept, last kept first',
      query: QUARANTINE_QUERY,
      body: null,
      good: json(QUARANTINE_LIST),
      problems: [404],
      async handle({ query: { agency, limit, ...filter } }) {
        const agencyId = agency === undefined ? undefined : (await readAgencyCodes(directory)).idOf(agency);
        if (agency !== undefined && agencyId === null) return noAgency(agency);
        const fits = createKeptFilter({ ...filter, ...(agencyId && { agencyId }) });
        const items = (await quarantine.list()).filter(fits).toSorted((a, b) => b.keptAt - a.keptAt);
        return done({ total: items.length, items: items.slice(0, limit).map(summary) });
      },
    }),
    route({
      method: 'GET',
      url: '/quarantine/:id',
      right: 'read',
      summary: 'Show a message that is kept, and why',
      query: NO_QUERY,
      body: null,
      good: json(KEPT_MESSAGE_IN_FULL),
      problems: [404],
      async handle({ params }) {
        const id = parseMessageId(params.id);
        const item = id && (await quarantine.get(id));
        return item ? done(inFull(item)) : notKept(params.id);
      },
    }),
  ];
}

function changeRoutes({ releases }: QuarantineDeps): Route[] {
  return [
    route({
      method: 'POST',
      url: '/quarantine/:id/release',
      right: 'operator',
      summary: 'Let a kept message go on to its recipients, as a new message',
      query: NO_QUERY,
      body: RELEASE_REQUEST,
      good: json(RELEASE),
      problems: [404, 422, 503],
      async handle({ params, body: { recipients = null, force = false }, by }) {
        const id = parseMessageId(params.id);
        if (!id) return notKept(params.id);
        const outcome = await releases.release(id, recipients, { by, force });
        if (outcome.kind === 'released') return done({ message: outcome.message });
        return outcome.kind === 'absent' ? notFound(outcome.problem) : refused(outcome.problem);
      },
    }),
    route({
      method: 'DELETE',
      url: '/quarantine/:id',
      right: 'operator',
      summary: 'Delete a message that is kept',
      query: NO_QUERY,
      body: null,
      good: json(KEPT_MESSAGE),
      problems: [404],
      async handle({ params, by }) {
        const id = parseMessageId(params.id);
        if (!id) return notKept(params.id);
        const outcome = await releases.purge(id, by);
        return outcome.kind === 'purged' ? done(summary(outcome.item)) : notFound(outcome.problem);
      },
    }),
  ];
}

function notKept(id: string) {
  return notFound(`no message ${id} is in quarantine`);
}

function summary({ envelope, recipients, reason, detail, keptAt, expiresAt }: QuarantineItem): KeptMessage {
  const { id, sender, sizeBytes, receivedAt } = envelope;
  return { id, reason, detail, sender, recipients, sizeBytes, receivedAt, keptAt, expiresAt };
}

function inFull(item: QuarantineItem): KeptMessageInFull {
  const { door, client, login, messageIdHeader } = item.envelope;
  return { ...summary(item), door, client, login, messageIdHeader, verdict: item.verdict };
}
