/**
 * The process that the spool's crash tests kill: puts messages through a spool and says on standard output what it
 * was promised, a line each, written before anything else happens:
 *
 *   begun ID SIZE RECIPIENTS      before the first octet is handed over
 *   stored ID                     the commit has resolved: the client would have its 250
 *   settling ID N, settled ID N   recipient N gets its outcome; it has it, and that was promised to outlive us
 *   refusing ID, refused ID       the same for the whole message
 *   holding ID, held ID           an operator holds it; that was promised to be on the disk
 *   releasing ID, released ID     and lets it go again
 */
import { writeSync } from 'node:fs';
import { createCrashPoint } from '../../src/lib/crash-point.ts';
import { type MessageId, newMessageId } from '../../src/mail/message-id.ts';
import type { Spool } from '../../src/spool/spool.ts';
import { verdict } from '../support/messages.ts';
import { DELIVERED, fastClock, openSpool, recipientAddress, store } from '../support/spooling.ts';

const WRITERS = 6;
const MESSAGES = 400;
const RECIPIENTS = 3;
const CLEAN = verdict('clean');

function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

async function hold(spool: Spool, id: MessageId, held: boolean): Promise<void> {
  say(held ? 'holding' : 'releasing', id);
  await spool.hold(id, held);
  say(held ? 'held' : 'released', id);
}

async function putOne(spool: Spool, number: number): Promise<void> {
  const id = newMessageId(Date.now());
  const sizeBytes = number % 4 === 0 ? 60_000 : 3_000 + number;
  say('begun', id, sizeBytes, RECIPIENTS);
  const { result } = await store(spool, sizeBytes, { id, recipients: RECIPIENTS });
  if (result.kind !== 'stored') throw new Error(`${id}: ${result.kind}`);
  say('stored', id);
  if (number % 7 === 0) {
    say('refusing', id);
    await spool.refuse(id);
    return say('refused', id);
  }
  // Every fifth message keeps a recipient that waits, so that it moves; of these one is held, and one was.
  const settled = number % 5 === 0 ? RECIPIENTS - 1 : RECIPIENTS;
  for (let n = 1; n <= settled; n++) {
    say('settling', id, n);
    await spool.settle(id, recipientAddress(n), DELIVERED);
    say('settled', id, n);
  }
  if (settled === RECIPIENTS) return;
  await spool.setVerdict(id, CLEAN);
  const recipients = [recipientAddress(RECIPIENTS)];
  const nextTryAt = Date.now() + 3_600_000;
  await spool.defer(id, { stage: 'deliver', recipients, attempt: 1, nextTryAt, reason: '451 later' });
  if (number % 10 === 0) await hold(spool, id, true);
  if (number % 20 === 0) await hold(spool, id, false);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: spool-writer.ts FOLDER');
const crashPoint = createCrashPoint(process.env.GEGANTI_CRASH_AT);
const settings = { smallMessageBytes: 20_000, segmentBytes: 100_000 };
const { spool } = await openSpool(folder, { crashPoint, settings, clock: fastClock });
let next = 0;
const writer = async (): Promise<void> => {
  while (next < MESSAGES) await putOne(spool, ++next);
};
await Promise.all(Array.from({ length: WRITERS }, writer));
await spool[Symbol.asyncDispose]();
