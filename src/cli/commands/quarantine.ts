/**
 * geganti quarantine: kept mail and its reasons. `quarantine-show.ts` has one message in full, `quarantine-act.ts` what
 * lets it go.
 */
import type { KeptMessage, QuarantineList } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import { senderOf, several } from '../addresses.ts';
import { withQuery } from '../api-client.ts';
import type { Command, CommandGroup, Context } from '../command.ts';
import { anyGiven } from '../option-values.ts';
import type { Part } from '../parts.ts';
import { FILTER_OPTIONS, filterQuery } from '../quarantine-filter.ts';
import { rigid } from '../table.ts';
import { deleteKept, releaseKept } from './quarantine-act.ts';
import { showKept } from './quarantine-show.ts';

const COLUMNS = [
  rigid('ID'),
  rigid('KEPT'),
  rigid('REASON'),
  'FROM',
  'TO',
  { name: 'SUBJECT', spare: true },
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
    { name: 'after', value: 'PLACE', summary: 'the next page: as the page before says' },
  ],
  examples: ['quarantine list --agency moh --reason external-storage', 'quarantine list --older 7d'],
  async run(call, context) {
    const { api, terminal, times } = context;
    const limit = call.number('limit', 1, 1_000) ?? 100;
    const query = { ...filterQuery(call, times), limit, cursor: call.text('after') };
    const found = await api.get<QuarantineList>(withQuery('/quarantine', query));
    if (call.json) {
      terminal.json(found);
      return 0;
    }
    const rows = found.items.map((item) => row(item, context));
    if (rows.length > 0) terminal.table(COLUMNS, rows);
    const shown = found.items.length;
    if (found.next !== null) {
      terminal.note(`${shown} of ${found.total} messages shown; the next: --after ${found.next}`);
    } else if (found.total === 0) {
      const asked = anyGiven(call, FILTER_OPTIONS);
      terminal.note(asked ? 'nothing in quarantine fits' : 'nothing is in quarantine');
    }
    return 0;
  },
};

export const quarantineCommands: CommandGroup = {
  title: 'Quarantine',
  commands: [list, showKept, releaseKept, deleteKept],
};

function row(item: KeptMessage, { terminal, times }: Context): Part[] {
  return [
    item.id,
    terminal.isTerminal ? times.short(item.keptAt) : times.format(item.keptAt),
    { text: item.reason, style: item.reason === 'virus' ? 'bad' : 'warning' },
    senderOf(item.sender),
    several(item.recipients),
    item.subject ?? '',
    item.detail,
    formatSize(item.sizeBytes),
  ];
}
