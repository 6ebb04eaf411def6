/** `Enter` at the receiver: mail that was made here takes the same way as mail that came in. */
import type { MessageId } from '../mail/message-id.ts';
import type { Enter, Spool } from '../spool/spool.ts';
import { acceptedEvent, type Trace } from '../trace/events.ts';

export function createEnter(deps: {
  readonly spool: Pick<Spool, 'begin'>;
  readonly queue: { submit(id: MessageId): void };
  readonly trace: Pick<Trace, 'record'>;
}): Enter {
  const { spool, queue, trace } = deps;
  return async (envelope, content) => {
    const { id, sizeBytes } = envelope;
    using _content = { [Symbol.dispose]: () => void content.destroy() };
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
