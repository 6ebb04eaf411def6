/**
 * Searching the delivery log: ten million entries in SQLite, spread over ninety days and an organisation of 200,000
 * mailboxes in 300 domains; a tenth of the mail comes from three senders of notices. Every search is one that the API
 * makes, through the thread, and gives the newest twenty.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openTraceDatabase } from '../../src/db/open.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openDeliveryLog } from '../../src/trace/delivery-log.ts';
import type { DeliveryLog, LogFilter } from '../../src/trace/log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ROWS = 10_000_000;
const ROWS_AT_ONCE = 500_000;
const SEARCHES = 200;
const LIMIT_MS = 100;

const DAYS = 90;
const FIRST = Date.UTC(2026, 7, 26);
const MAILBOXES = 200_000;
const DOMAINS = 300;
const SENDERS = 1_000_000;
const CLIENTS = 100_000;

/** Prints the time of each kind of search. Throws when one of them takes longer than it may. */
export async function benchLog(rows = ROWS): Promise<void> {
  await using folder = await tempFolder();
  await mkdir(join(folder.path, 'delivery'));
  const database = { kind: 'sqlite', file: join(folder.path, 'trace.db') } as const;
  await (await openTraceDatabase(database)).destroy();
  const started = performance.now();
  fill(database.file, rows);
  console.log(`log: ${rows} entries made in ${((performance.now() - started) / 1000).toFixed(0)} s`);

  const base = { folder: folder.path, timezone: 'UTC', clock: systemClock, log: silentLog };
  await using log = await openDeliveryLog({ ...base, database, keepMs: () => 1e13 });
  let worst = 0;
  for (const [name, filterOf] of Object.entries(SEARCHED))
    worst = Math.max(worst, await measure(log, name, filterOf));
  if (worst > LIMIT_MS)
    throw new Error(`log: a search took ${worst.toFixed(0)} ms (p95), more than ${LIMIT_MS} ms`);
}

const SEARCHED: Readonly<Record<string, (n: number) => LogFilter>> = {
  recipient: (n) => ({ recipient: mailbox(n) }),
  sender: (n) => ({ sender: `sender${n % SENDERS}@partner${n % 1000}.example` }),
  'sender of notices': (n) => ({ sender: `notice${n % 3}@bulk.example` }),
  'sender or recipient': (n) => ({ address: mailbox(n) }),
  'domain of the recipient': (n) => ({ recipient: `@agency${n % DOMAINS}.example` }),
  'domain, either': (n) => ({ address: `@agency${n % DOMAINS}.example` }),
  'Message-ID': (n) => ({ messageId: `<${n}@partner.example>` }),
  client: (n) => ({ client: `192.0.${n % CLIENTS}` }),
  agency: (n) => ({ agency: `a${n % DOMAINS}` as NonNullable<LogFilter['agency']> }),
  'deferred in a domain': (n) => ({ recipient: `@agency${n % DOMAINS}.example`, outcomes: ['deferred'] }),
  'notices to one': (n) => ({ sender: `notice${n % 3}@bulk.example`, recipient: mailbox(n) }),
  'a day': (n) => ({ since: FIRST + (n % DAYS) * 86_400_000, until: FIRST + ((n % DAYS) + 1) * 86_400_000 }),
};

function mailbox(n: number): string {
  const person = n % MAILBOXES;
  return `user${person}@agency${person % DOMAINS}.example`;
}

async function measure(log: DeliveryLog, name: string, filterOf: (n: number) => LogFilter): Promise<number> {
  const times: number[] = [];
  let found = 0;
  for (let search = 0; search < SEARCHES; search++) {
    const filter = filterOf(Math.floor(Math.random() * ROWS));
    const begun = performance.now();
    const { entries } = await log.search({ ...filter, limit: 20 });
    times.push(performance.now() - begun);
    found += entries.length;
  }
  times.sort((a, b) => a - b);
  const quantile = (part: number): number => times[Math.floor(times.length * part)] ?? Number.NaN;
  const [p50, p95] = [quantile(0.5), quantile(0.95)];
  const each = (found / SEARCHES).toFixed(1);
  console.log(`log: ${name.padEnd(24)} p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ${each} entries`);
  return p95;
}

/** All at once and the indexes afterwards: the same schema, made a hundred times faster than line by line. */
function fill(file: string, rows: number): void {
  const db = new DatabaseSync(file);
  db.exec('pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -400000');
  const indexes = db
    .prepare("select name, sql from sqlite_master where type = 'index' and tbl_name = 'entries'")
    .all();
  for (const { name } of indexes) db.exec(`drop index ${name}`);
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    db.exec(
      INSERT.replace(':first', String(first)).replace(
        ':last',
        String(Math.min(rows, first + ROWS_AT_ONCE) - 1),
      ),
    );
  }
  for (const { sql } of indexes) db.exec(String(sql));
  db.exec('pragma wal_checkpoint(truncate)');
  db.close();
}

/** Multiplied by a large prime: spread like chance, and the same in each run. */
const spread = (modulus: number): string => `((n * 2654435761) % ${modulus})`;

const INSERT = `
with recursive numbers(n) as (select :first union all select n + 1 from numbers where n < :last),
  mail as (
    select n, ${spread(MAILBOXES)} as person, (n * 40503) % ${SENDERS} as origin, n % 10 = 0 as is_notice from numbers)
insert into entries (number, message, at, door, client, sender, sender_domain, sender_agency, recipient,
  recipient_domain, recipient_agency, message_id, size_bytes, outcome, reason, reply, attempts, updated_at)
select n + 1, 'm' || printf('%017d', n), ${FIRST} + n * ${(DAYS * 86_400_000) / ROWS}, 'mx',
  '192.0.' || ((n * 7919) % ${CLIENTS}),
  case when is_notice then 'notice' || (n % 3) || '@bulk.example'
       else 'sender' || origin || '@partner' || (origin % 1000) || '.example' end,
  case when is_notice then 'bulk.example' else 'partner' || (origin % 1000) || '.example' end,
  case when is_notice then 'a' || (n % 3) end,
  'user' || person || '@agency' || (person % ${DOMAINS}) || '.example',
  'agency' || (person % ${DOMAINS}) || '.example', 'a' || (person % ${DOMAINS}),
  '<' || n || '@partner.example>', 20000 + n % 1000,
  case when n % 50000 = 7 then 'deferred' when n % 100 = 3 then 'quarantined' else 'delivered' end,
  case when n % 100 = 3 then 'spam' when n % 50000 = 7 then 'deliver' else 'INBOX' end,
  '250 2.0.0 <user' || person || '> saved', 1, ${FIRST} + n * ${(DAYS * 86_400_000) / ROWS} + 900
from mail`;

if (import.meta.main) await benchLog(Number(process.argv[2] ?? ROWS));
