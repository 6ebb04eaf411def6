/** The search of the delivery log: one page of entries or, with --all, page after page as they are read. */
import type { LogEntry, LogPage } from '../../http/resources.ts';
import { senderOf } from '../addresses.ts';
import { withQuery } from '../api-client.ts';
import type { Call, Context } from '../command.ts';
import { CSV_HEAD, csvCells } from '../log-csv.ts';
import { filterQuery } from '../log-filter.ts';
import type { Part } from '../parts.ts';
import { rigid } from '../table.ts';
import { OUTCOME_STYLES } from '../words.ts';

const PAGE = 1_000;
const COLUMNS = [rigid('TIME'), rigid('ID'), rigid('OUTCOME'), 'FROM', 'TO', { name: 'REASON', spare: true }];

export async function searchLog(call: Call, context: Context): Promise<number> {
  const { api, terminal, times, signal } = context;
  const filter = filterQuery(call, times);
  const all = call.flag('all');
  const limit = all ? PAGE : (call.number('limit', 1, PAGE) ?? 20);
  const print = printer(call, context);
  using progress = context.progress('entries read');
  let cursor = call.text('cursor');
  let count = 0;
  do {
    const page = await api.get<LogPage>(withQuery('/log', { ...filter, limit, cursor }));
    print(page);
    count += page.entries.length;
    // On the same terminal as the entries it would be in their way.
    if (!terminal.isTerminal) progress.at(count, null);
    await terminal.drained(signal);
    cursor = page.next;
  } while (all && cursor !== null && !signal.aborted);
  if (count === 0) terminal.note('no entry of the delivery log fits');
  else if (cursor !== null && !all) terminal.note(`there is more: --cursor ${cursor}, or --all`);
  return 0;
}

/** JSON of a page is the API's own; with --all there are no pages, and an entry is a line. */
function printer(call: Call, { terminal, times }: Context): (page: LogPage) => void {
  if (call.json && !call.flag('all')) return (page) => terminal.json(page);
  if (call.json) {
    return ({ entries }) => {
      for (const entry of entries) terminal.json(entry, 'line');
    };
  }
  if (call.flag('csv')) {
    terminal.csv(CSV_HEAD);
    return ({ entries }) => {
      for (const entry of entries) terminal.csv(csvCells(entry, times));
    };
  }
  const write = terminal.openTable(COLUMNS);
  const moment = terminal.isTerminal ? times.short : times.format;
  return ({ entries }) => {
    if (entries.length > 0) write(entries.map((entry) => cells(entry, moment)));
  };
}

function cells(entry: LogEntry, moment: (at: number) => string): Part[] {
  const style = OUTCOME_STYLES[entry.outcome] ?? null;
  // What was found and did not decide: "short-link" in a message that was delivered.
  const others = entry.reasons.filter((reason) => reason !== entry.reason);
  const found = others.length === 0 ? null : `found ${others.join(', ')}`;
  const nextTry = entry.nextTryAt === null ? null : `next try ${moment(entry.nextTryAt)}`;
  return [
    { text: moment(entry.at), style: 'faint' },
    entry.id ?? '-',
    style === null ? entry.outcome : { text: entry.outcome, style },
    entry.sender === undefined ? (entry.login ?? '-') : senderOf(entry.sender),
    entry.recipient ?? '-',
    [entry.reason, nextTry, entry.reply, found].filter((text) => text !== null).join('; '),
  ];
}
