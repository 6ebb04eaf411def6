/** geganti quarantine: kept mail and its reasons. `quarantine-act.ts` has what lets it go. */
import type { KeptMessage, KeptMessageInFull, QuarantineList } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import { senderOf, several } from '../addresses.ts';
import { withQuery } from '../api-client.ts';
import type { Command, CommandGroup, Context } from '../command.ts';
import { anyGiven } from '../option-values.ts';
import type { Part } from '../parts.ts';
import { FILTER_OPTIONS, filterQuery } from '../quarantine-filter.ts';
import { rigid } from '../table.ts';
import type { Times } from '../times.ts';
import { keptBecause } from '../words.ts';
import { deleteKept, releaseKept } from './quarantine-act.ts';

const COLUMNS = [
  rigid('ID'),
  rigid('KEPT'),
  rigid('REASON'),
  'FROM',
  'TO',
  { name: 'DETAIL', spare: true },
  { name: 'SIZE', rigid: true, spare: true },
];

const list: Command = {
  name: 'quarantine list',
  summary: 'List the messages that are kept from their recipients, the last kept first',
  operands: [],
  options: [
    ...FILTER_OPTIONS,
    { name: 'limit', value: 'N', summary: 'number of messages to show (100), at most 1000' },
  ],
  examples: ['quarantine list --agency moh --reason spam'],
  async run(call, context) {
    const { api, terminal } = context;
    const limit = call.number('limit', 1, 1_000) ?? 100;
    const found = await api.get<QuarantineList>(withQuery('/quarantine', { ...filterQuery(call), limit }));
    if (call.json) terminal.json(found);
    else {
      const rows = found.items.map((item) => row(item, context));
      if (rows.length > 0) terminal.table(COLUMNS, rows);
      const shown = found.items.length;
      if (shown === 0)
        terminal.note(
          anyGiven(call, FILTER_OPTIONS) ? 'nothing in quarantine fits' : 'nothing is in quarantine',
        );
      else if (found.total > shown) {
        terminal.note(`${shown} of ${found.total} messages shown; --limit shows more`);
      }
    }
    return 0;
  },
};

const show: Command = {
  name: 'quarantine show',
  summary: 'Show what is known of one message in quarantine',
  operands: [{ name: 'ID', summary: 'message id' }],
  options: [],
  async run(call, { api, terminal, times }) {
    const item = await api.get<KeptMessageInFull>(`/quarantine/${encodeURIComponent(call.operand('ID'))}`);
    if (call.json) terminal.json(item);
    else terminal.facts(facts(item, times));
    return 0;
  },
};

export const quarantineCommands: CommandGroup = {
  title: 'Quarantine',
  commands: [list, show, releaseKept, deleteKept],
};

function row(item: KeptMessage, { terminal, times }: Context): Part[] {
  return [
    item.id,
    terminal.isTerminal ? times.short(item.keptAt) : times.format(item.keptAt),
    { text: item.reason, style: item.reason === 'infected' ? 'bad' : 'warning' },
    senderOf(item.sender),
    several(item.recipients),
    item.detail,
    formatSize(item.sizeBytes),
  ];
}

function facts(item: KeptMessageInFull, times: Times): [string, Part | null][] {
  const client = item.client && `${item.client.address} (${item.client.helo})`;
  return [
    ['Message', item.id],
    ['Reason', { text: keptBecause(item.reason), style: 'bad' }],
    ['Detail', item.detail],
    ['From', senderOf(item.sender)],
    ['Logged in as', item.login?.address ?? null],
    ['Kept from', item.recipients.join(', ')],
    ['Size', formatSize(item.sizeBytes)],
    ['Message-ID', item.messageIdHeader],
    ['Door', item.door],
    ['Client', client],
    ['TLS', item.client?.tls ?? null],
    ['clamd said', item.verdict?.signature ?? null],
    // A virus is decided without the spam filter, which has then no score.
    [
      'Spam score',
      item.verdict?.junkScore ? `${item.verdict.score} (junk from ${item.verdict.junkScore})` : null,
    ],
    ['Spam symbols', item.verdict?.symbols.join(', ') || null],
    ['Received', times.format(item.receivedAt)],
    ['Kept', times.format(item.keptAt)],
    ['Kept until', times.format(item.expiresAt)],
  ];
}
