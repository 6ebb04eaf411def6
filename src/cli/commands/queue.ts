/** geganti queue: the messages that wait, and why. */
import type { WaitingList, WaitingMessage } from '../../http/resources.ts';
import { formatDuration, formatSize } from '../../lib/units.ts';
import type { Command, CommandGroup, Context } from '../command.ts';
import { senderOf, several } from '../describe-event.ts';

const HEAD = ['ID', 'STAGE', 'AGE', 'SIZE', 'FROM', 'TO', 'TRIES', 'NEXT TRY', 'REASON'];

const list: Command = {
  name: 'queue list',
  summary: 'List the messages that wait, oldest first',
  operands: [],
  options: [{ name: 'limit', value: 'N', summary: 'number of messages to show (100), at most 1000' }],
  async run(call, context) {
    const { api, terminal } = context;
    const found = await api.get<WaitingList>(`/queue?limit=${call.number('limit', 1, 1_000) ?? 100}`);
    if (call.json) terminal.json(found);
    else {
      const rows = found.messages.map((message) => row(message, context));
      if (rows.length > 0) terminal.table(HEAD, rows);
      const shown = found.messages.length;
      if (found.total > shown)
        terminal.complain(`${shown} of ${found.total} messages shown; --limit shows more`);
      else if (shown === 0) terminal.complain('no message waits');
    }
    return 0;
  },
};

export const queueCommands: CommandGroup = { title: 'Queue', commands: [list] };

function row(message: WaitingMessage, { clock, times }: Context): string[] {
  return [
    message.id,
    message.stage,
    formatDuration(Math.max(0, clock.now() - message.receivedAt)),
    formatSize(message.sizeBytes),
    senderOf(message.sender),
    several(message.recipients, message.recipientCount),
    String(message.attempts),
    message.nextTryAt === 0 ? 'now' : times.format(message.nextTryAt),
    message.reason ?? '',
  ];
}
