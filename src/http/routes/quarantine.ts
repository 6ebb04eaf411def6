/** Kept mail, with its reasons; never its content. */
import { parseMessageId } from '../../mail/message-id.ts';
import type { Quarantine, QuarantineItem } from '../../quarantine/quarantine.ts';
import type { KeptMessage, KeptMessageInFull, QuarantineList } from '../resources.ts';
import { notFound, ok, type Route, route } from '../route.ts';
import { NOTHING } from '../schema.ts';

export function quarantineRoutes(quarantine: Pick<Quarantine, 'list' | 'get'>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/quarantine',
      right: 'operator',
      body: null,
      query: NOTHING,
      handle: async () => ok({ items: (await quarantine.list()).map(summary) } satisfies QuarantineList),
    }),
    route({
      method: 'GET',
      url: '/quarantine/:id',
      right: 'operator',
      body: null,
      query: NOTHING,
      async handle({ params }) {
        const id = parseMessageId(params.id);
        const item = id && (await quarantine.get(id));
        return item ? ok(inFull(item)) : notFound(`no message ${params.id} is in quarantine`);
      },
    }),
  ];
}

function summary({ envelope, recipients, reason, detail, keptAt, expiresAt }: QuarantineItem): KeptMessage {
  const { id, sender, sizeBytes, receivedAt } = envelope;
  return { id, reason, detail, sender, recipients, sizeBytes, receivedAt, keptAt, expiresAt };
}

function inFull(item: QuarantineItem): KeptMessageInFull {
  const { door, client, login, messageIdHeader } = item.envelope;
  return { ...summary(item), door, client, login, messageIdHeader, verdict: item.verdict };
}
