/** Micro-benchmark of the spool alone: how many messages a second are stored, settled and removed again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newMessageId } from '../../src/mail/message-id.ts';
import { DELIVERED, envelopeFor, openSpool, recipientAddress } from '../support/spooling.ts';

export interface SpoolBench {
  readonly messages: number;
  readonly sizeBytes: number;
  readonly writers: number;
}

const CASES: readonly SpoolBench[] = [
  { messages: 2_000, sizeBytes: 20_000, writers: 1 },
  { messages: 20_000, sizeBytes: 20_000, writers: 20 },
  { messages: 20_000, sizeBytes: 20_000, writers: 100 },
  { messages: 500, sizeBytes: 1_000_000, writers: 20 },
];

/** Prints a line for each case. */
export async function benchSpool(cases = CASES): Promise<void> {
  for (const one of cases) {
    const { perSecond, cpuMs } = await measure(one);
    const { sizeBytes, writers, messages } = one;
    const rates = `${Math.round(perSecond)} messages/s, ${cpuMs.toFixed(3)} ms of CPU each`;
    console.log(`spool: ${messages} x ${sizeBytes} octets, ${writers} writers: ${rates}`);
  }
}

async function measure({
  messages,
  sizeBytes,
  writers,
}: SpoolBench): Promise<{ perSecond: number; cpuMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'geganti-bench-'));
  const { spool } = await openSpool(folder, { settings: { segmentBytes: 64 * 1024 * 1024 } });
  const content = Buffer.alloc(sizeBytes, 'x');
  const recipient = recipientAddress(1);
  let left = messages;

  const writer = async (): Promise<void> => {
    while (left-- > 0) {
      const id = newMessageId(Date.now());
      const incoming = spool.begin(id);
      for (let at = 0; at < sizeBytes; at += 65_536) {
        const wait = incoming.write(content.subarray(at, at + 65_536));
        if (wait) await wait;
      }
      const { kind } = await incoming.commit(envelopeFor(id, sizeBytes));
      if (kind !== 'stored') throw new Error(`commit: ${kind}`);
      void spool.settle(id, recipient, DELIVERED);
    }
  };

  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: writers }, writer));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await spool[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
  return { perSecond: messages / seconds, cpuMs: (user + system) / 1000 / messages };
}

if (import.meta.main) await benchSpool();
