/** Kept mail, with its reasons, released or deleted. What it is made of is shown, its content to nobody here. */
import type { Directory } from '../../directory/directory.ts';
import { parseMessageId } from '../../mail/message-id.ts';
import type { KeptEntry, Quarantine, QuarantineItem, Releases } from '../../quarantine/quarantine.ts';
import { noAgency, readAgencyCodes } from '../agency-codes.ts';
import { createKeptFilter } from '../kept-filter.ts';
import { momentOf, NO_QUERY, QUARANTINE_QUERY } from '../queries.ts';
import {
  KEPT_CONTENTS,
  KEPT_MESSAGE,
  KEPT_MESSAGE_IN_FULL,
  type KeptMessage,
  type KeptMessageInFull,
  QUARANTINE_LIST,
  RELEASE,
  RELEASE_REQUEST,
} from '../resources.ts';
import { done, json, notFound, type Route, refused, route, wrong } from '../route.ts';

export interface QuarantineDeps {
  readonly directory: Pick<Directory, 'listAgencies'>;
  readonly quarantine: Pick<Quarantine, 'entries' | 'get' | 'contents'>;
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
      async handle({ query: { agency, limit, cursor, since, until, ...filter } }) {
        const agencyId = agency === undefined ? undefined : (await readAgencyCodes(directory)).idOf(agency);
        if (agency !== undefined && agencyId === null) return noAgency(agency);
        const place = cursor === undefined ? null : readCursor(cursor);
        if (cursor !== undefined && place === null)
          return wrong('cursor: is none; give "next" of the page before');
        const times = { since: momentIn(since), until: momentIn(until) };
        const fits = createKeptFilter({ ...filter, ...times, ...(agencyId && { agencyId }) });
        const fitting = (await quarantine.entries()).filter(fits);
        const rest = place === null ? fitting : fitting.filter((entry) => isAfter(entry, place));
        const page = rest.slice(0, limit);
        const items = await Promise.all(page.map(({ id }) => quarantine.get(id)));
        const last = rest.length > page.length ? page.at(-1) : undefined;
        return done({
          total: fitting.length,
          // Those that went at this very moment are left out.
          items: items.filter((item) => item !== null).map(summary),
          next: last ? writeCursor(last) : null,
        });
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
    route({
      method: 'GET',
      url: '/quarantine/:id/contents',
      right: 'read',
      summary: 'Show the header and the parts of a message that is kept',
      query: NO_QUERY,
      body: null,
      good: json(KEPT_CONTENTS),
      problems: [404],
      async handle({ params }) {
        const id = parseMessageId(params.id);
        const contents = id && (await quarantine.contents(id));
        return contents ? done(contents) : notKept(params.id);
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

/** A place in the order of the list, which stays when the message there is gone. */
interface Place {
  readonly keptAt: number;
  readonly id: string;
}

function writeCursor({ keptAt, id }: Place): string {
  return `${keptAt}.${id}`;
}

function readCursor(text: string): Place | null {
  const [, keptAt, id] = /^(\d{1,15})\.([0-9a-z]{18})$/.exec(text) ?? [];
  return keptAt === undefined || id === undefined ? null : { keptAt: Number(keptAt), id };
}

function isAfter({ keptAt, id }: KeptEntry, place: Place): boolean {
  return keptAt < place.keptAt || (keptAt === place.keptAt && id < place.id);
}

function momentIn(text: string | undefined): number | null {
  return text === undefined ? null : momentOf(text);
}

function summary({ envelope, head, ...item }: QuarantineItem): KeptMessage {
  const { id, sender, sizeBytes, receivedAt } = envelope;
  const { reason, detail, recipients, keptAt, expiresAt } = item;
  const { from = null, subject = null } = head ?? {};
  return { id, reason, detail, sender, from, subject, recipients, sizeBytes, receivedAt, keptAt, expiresAt };
}

function inFull(item: QuarantineItem): KeptMessageInFull {
  const { door, client, login, messageIdHeader } = item.envelope;
  return { ...summary(item), door, client, login, messageIdHeader, verdict: item.verdict };
}
