/**
 * `Enter` at the receiver: mail that was made here takes the same way as mail that came in. A notice to "the administrators"
 * gets its recipients here, where the directory is.
 */
import type { Directory } from '../directory/directory.ts';
import type { Log } from '../lib/log.ts';
import { domainOf } from '../mail/address.ts';
import { isUnresolved } from '../mail/administrators.ts';
import type { Envelope, Recipient } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Enter, Spool } from '../spool/spool.ts';
import { acceptedEvent, type Trace } from '../trace/events.ts';

type Administrators = Pick<Directory, 'findMailbox' | 'findAdministrators'>;

export function createEnter(deps: {
  readonly spool: Pick<Spool, 'begin'>;
  readonly queue: { submit(id: MessageId): void };
  readonly trace: Pick<Trace, 'record'>;
  readonly directory: Administrators;
  readonly log: Pick<Log, 'warn'>;
}): Enter {
  const { spool, queue, trace, directory, log } = deps;
  return async (made, content) => {
    const { id, sizeBytes } = made;
    using _content = { [Symbol.dispose]: () => void content.destroy() };
    const envelope: Envelope = { ...made, recipients: await resolved(made.recipients, directory) };
    if (envelope.recipients.length === 0) {
      const to = made.recipients.map(({ address }) => address);
      log.warn({ id, to }, 'a notice has no reader: name an administrator of this agency');
      return { kind: 'failed' };
    }
    const incoming = spool.begin(id);
    try {
      let bytes = 0;
      for await (const chunk of content) {
        bytes += chunk.length;
        await incoming.write(chunk);
      }
      if (bytes !== sizeBytes) throw new Error(`message ${id} has ${bytes} octets, not ${sizeBytes}`);
      const result = await incoming.commit(envelope);
      if (result.kind === 'stored') {
        trace.record(acceptedEvent(envelope, false));
        queue.submit(id);
      }
      return result;
    } finally {
      await incoming.abort();
    }
  };
}

/** As the doors read postmaster@ (RFC 5321 §4.5.1): a mailbox of that very name, else those who administer the domain. */
async function resolved(
  recipients: readonly Recipient[],
  directory: Administrators,
): Promise<readonly Recipient[]> {
  if (!recipients.some(isUnresolved)) return recipients;
  const found = new Map<string, Recipient>();
  for (const recipient of recipients) {
    for (const one of isUnresolved(recipient) ? await readersOf(recipient, directory) : [recipient]) {
      if (!found.has(one.userId)) found.set(one.userId, one);
    }
  }
  return [...found.values()];
}

async function readersOf({ address: original }: Recipient, directory: Administrators): Promise<Recipient[]> {
  const own = await directory.findMailbox(original);
  const readers = own?.active ? [own] : await directory.findAdministrators(domainOf(original));
  return readers.map(({ address, userId, agencyId }) => ({ address, userId, agencyId, original }));
}
