/** geganti log: the delivery log, searched or followed; and the path of one message. */
import { type Call, type Command, type CommandGroup, UsageError } from '../command.ts';
import { FILTER_OPTIONS } from '../log-filter.ts';
import { followLog } from './log-follow.ts';
import { searchLog } from './log-search.ts';
import { showLog } from './log-show.ts';

const log: Command = {
  name: 'log',
  summary: 'Search the delivery log, newest first, or follow it',
  operands: [],
  options: [
    ...FILTER_OPTIONS,
    { name: 'limit', value: 'N', summary: 'number of entries to show (20), at most 1000' },
    { name: 'cursor', value: 'CURSOR', summary: 'go on where the page before ended' },
    { name: 'all', value: null, summary: 'show every entry that fits, page by page' },
    { name: 'csv', value: null, summary: 'print comma-separated values, for spreadsheets' },
    { name: 'follow', short: 'f', value: null, summary: 'show events as they come' },
    {
      name: 'last',
      short: 'n',
      value: 'N',
      summary: 'with --follow: number of past events to show first (20)',
    },
  ],
  examples: [
    'log --recipient siti@moh.example --since 2d',
    'log --outcome bounced --outcome discarded --since 08:00',
    'log --agency moh --since 2026-11-01 --until 2026-12-01 --all --csv > november.csv',
    'log -f --sender @moh.example',
  ],
  async run(call, context) {
    const following = call.flag('follow');
    const excluded = following ? ['limit', 'cursor', 'all', 'csv'] : ['last'];
    for (const name of excluded) {
      if (!call.flag(name)) continue;
      throw new UsageError(
        following
          ? `log: --${name} does not go with --follow`
          : `log: --last goes with --follow only; --limit says how many entries to show`,
      );
    }
    exclude(call, 'csv', 'json');
    exclude(call, 'all', 'limit');
    return following ? followLog(call, context) : searchLog(call, context);
  },
};

export const logCommands: CommandGroup = { title: 'Delivery log', commands: [log, showLog] };

function exclude(call: Call, one: string, other: string): void {
  if (call.flag(one) && call.flag(other)) {
    throw new UsageError(`log: --${one} and --${other} exclude each other`);
  }
}
