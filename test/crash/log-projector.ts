/** Makes rows of the delivery log's lines until it is killed: `node log-projector.ts <folder> <SQLite file>`. */
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openDeliveryLog } from '../../src/trace/delivery-log.ts';

const [folder, file] = process.argv.slice(2);
if (folder === undefined || file === undefined) throw new Error('give a folder and a file');
const log = await openDeliveryLog({
  folder,
  database: { kind: 'sqlite', file },
  timezone: 'Asia/Kuala_Lumpur',
  keepMs: () => 1e12,
  clock: systemClock,
  log: silentLog,
});
for (;;) {
  const { behindBytes } = await log.status();
  process.stdout.write(`${behindBytes}\n`);
  await systemClock.sleep(20);
}
