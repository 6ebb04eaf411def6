/** The live delivery log. It ends well only when it is asked to: a stream that the server ends is worth a script's attention. */
import type { FollowLine, RecordedEvent } from '../../http/resources.ts';
import { withQuery } from '../api-client.ts';
import type { Call, Context } from '../command.ts';
import { describeEvent } from '../describe-event.ts';
import { filterQuery } from '../log-filter.ts';
import type { Part } from '../parts.ts';

const MAX_LAST = 10_000;
/** Of a message id. */
const ID_WIDTH = 18;

export async function followLog(call: Call, context: Context): Promise<number> {
  const { api, terminal, times, signal } = context;
  const last = call.number('last', 0, MAX_LAST) ?? 20;
  const path = withQuery('/log/follow', { ...filterQuery(call, times), last });
  for await (const line of api.lines<FollowLine>(path, signal)) {
    if (call.json) terminal.json(line, 'line');
    else if ('notice' in line) terminal.line({ text: `-- ${line.notice} --`, style: 'warning' });
    else terminal.row(...eventCells(line, context));
    // A reader that is slow slows us, and not our memory.
    await terminal.drained(signal);
  }
  if (signal.aborted) return 0;
  terminal.complain('log: the server has ended the live log');
  return 1;
}

/** Time, message, meaning, and what SMTP said; always four in a pipe, so that a script may count on them. */
function eventCells(event: RecordedEvent, { terminal, times }: Context): Part[] {
  const { meaning, smtp, style } = describeEvent(event, times);
  const time = terminal.isTerminal ? times.short(event.at) : times.format(event.at);
  const id = event.id ?? '-'.padEnd(terminal.isTerminal ? ID_WIDTH : 1);
  const cells: Part[] = [{ text: time, style: 'faint' }, id];
  cells.push(style === null ? meaning : { text: meaning, style });
  if (smtp !== null || !terminal.isTerminal) cells.push({ text: smtp ?? '', style: 'faint' });
  return cells;
}
