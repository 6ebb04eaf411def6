/**
 * The processes that the link's crash tests kill: `link-process.ts receiver FOLDER` and `link-process.ts worker FOLDER`.
 * The receiver has a real spool and the real Redis; the worker's mailbox is a file with a line for each delivery.
 * It dies at the point that GEGANTI_CRASH_AT names.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCrashPoint } from '../../src/lib/crash-point.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createBullmqConsumer, createBullmqStore } from '../../src/queue/bullmq.ts';
import type { WorkCrash } from '../../src/queue/crash-points.ts';
import { createRunner } from '../../src/queue/runner.ts';
import { openTestLink, startTestReceiver } from '../support/linking.ts';
import { verdict } from '../support/messages.ts';
import { DELIVERED } from '../support/spooling.ts';

const CLEAN = verdict('clean');
const [, , role, folder = ''] = process.argv;
const redis = { endpoint: { kind: 'unix', path: join(folder, 'r.sock') }, log: silentLog } as const;
const crash: WorkCrash = createCrashPoint(process.env.GEGANTI_CRASH_AT);

if (role === 'receiver') await startTestReceiver(folder, { jobStore: createBullmqStore(redis) });
else await work();

async function work(): Promise<void> {
  const { work: link } = await openTestLink(folder, { wait: false });
  const { jobs, session, spool, verdicts } = link;
  createRunner({
    jobs,
    session,
    consumer: createBullmqConsumer(redis),
    handlers: {
      async scan(id) {
        const message = spool.get(id);
        if (!message) return { kind: 'finished' };
        if (message.verdict) return { kind: 'next', stage: 'deliver' };
        if ((await verdicts.report(id, CLEAN)) === 'refused') return { kind: 'finished' };
        crash('work-verdict');
        await spool.setVerdict(id, CLEAN);
        return { kind: 'next', stage: 'deliver' };
      },
      async deliver(id) {
        const [recipient] = spool.get(id)?.recipients ?? [];
        if (!recipient) return { kind: 'finished' };
        for await (const _ of await spool.read(id));
        appendFileSync(join(folder, 'mailbox'), `${id}\n`);
        crash('work-delivered');
        crash('work-recorded');
        await spool.settle(id, recipient.address, DELIVERED);
        crash('work-settled');
        return { kind: 'finished' };
      },
    },
    concurrency: { scan: 8, deliver: 8 },
    crashPoint: crash,
    log: silentLog,
  });
}
