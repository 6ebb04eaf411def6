/**
 * A process that uses a quarantine folder until it is killed: `keep` keeps messages for one recipient after another, and
 * `remove` takes out the first one of each item that it sees. Says what it was promised, a line each:
 *
 *   kept ID RECIPIENT        removing ID RECIPIENT        removed ID RECIPIENT
 */
import { writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createQuarantine } from '../../src/quarantine/disk-quarantine.ts';
import { address, envelope } from '../support/messages.ts';

const CONTENT = `Subject: x\r\n\r\n${'body\r\n'.repeat(2000)}`;
const [folder, role] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: quarantine-user.ts FOLDER keep|remove');
const settings = { keepMs: 3_600_000, keepUndeliverableMs: 3_600_000 };
const quarantine = await createQuarantine({ folder, settings, clock: systemClock, log: silentLog });
const say = (...words: string[]): void => void writeSync(1, `${words.join(' ')}\n`);
const names = Array.from({ length: 6 }, (_, number) => address(`user${number}@moh.example`));

for (;;) await (role === 'keep' ? keepOne() : removeSome());

async function keepOne(): Promise<void> {
  const message = envelope(names, CONTENT);
  const item = { envelope: message, reason: 'spam', verdict: null, detail: '' } as const;
  for (const recipient of names) {
    await quarantine.keep({ ...item, recipients: [recipient] }, Readable.from([Buffer.from(CONTENT)]));
    say('kept', message.id, recipient);
  }
}

async function removeSome(): Promise<void> {
  for (const { id, recipients } of await quarantine.entries()) {
    const first = recipients[0]?.address;
    if (first === undefined) continue;
    say('removing', id, first);
    if (await quarantine.remove(id, [first])) say('removed', id, first);
  }
  await systemClock.sleep(1);
}
