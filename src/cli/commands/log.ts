/** geganti log: the delivery log, its last events, as they come, or the path of one message. */
import type { EventList, FollowNotice, MessagePath, RecordedEvent } from '../../http/resources.ts';
import { formatDuration, formatSize } from '../../lib/units.ts';
import type { Call, Command, CommandGroup, Context } from '../command.ts';
import { describeEvent, senderOf, several } from '../describe-event.ts';
import type { Part } from '../terminal.ts';

const MAX_EVENTS = 10_000;

const log: Command = {
  name: 'log',
  summary: 'Show the last events of the delivery log, or follow it',
  operands: [],
  options: [
    { name: 'follow', short: 'f', value: null, summary: 'go on with new events as they come' },
    { name: 'last', short: 'n', value: 'N', summary: 'number of events to show first (20)' },
  ],
  examples: ['log -f', 'log -n 1000 | grep siti@moh.example', 'log -f --json'],
  run: async (call, context) => (call.flag('follow') ? follow(call, context) : showLast(call, context)),
};

const show: Command = {
  name: 'log show',
  summary: 'Show the path of one message',
  operands: [{ name: 'ID', summary: 'message id, as in the answer to the sender: m1kfq3x8z0a7c2d4e6' }],
  options: [],
  async run(call, context) {
    const path = await context.api.get<MessagePath>(
      `/log/messages/${encodeURIComponent(call.operand('ID'))}`,
    );
    if (call.json) context.terminal.json(path);
    else showPath(path, context);
    return 0;
  },
};

export const logCommands: CommandGroup = { title: 'Delivery log', commands: [log, show] };

async function showLast(call: Call, { api, terminal, times }: Context): Promise<number> {
  const last = call.number('last', 1, MAX_EVENTS) ?? 20;
  const { events } = await api.get<EventList>(`/log?last=${last}`);
  if (call.json) terminal.json({ events });
  else for (const event of events) terminal.row(...eventCells(event, { terminal, times }));
  return 0;
}

/** Ends well only when it is asked to: a stream that the server ends is worth a script's attention. */
async function follow(call: Call, { api, terminal, times, signal }: Context): Promise<number> {
  const last = call.number('last', 0, MAX_EVENTS) ?? 20;
  let reason = 'the server ended the stream';
  for await (const line of api.lines<RecordedEvent | FollowNotice>(`/log/follow?last=${last}`, signal)) {
    if ('notice' in line) reason = line.notice;
    else if (call.json) terminal.json(line, 'line');
    else terminal.row(...eventCells(line, { terminal, times }));
    // A reader that is slow slows us, and not our memory.
    await terminal.drained(signal);
  }
  if (signal.aborted) return 0;
  terminal.complain(`log: ${reason}`);
  return 1;
}

/** Time, message, meaning, and what SMTP said; always four, so that a script may count on them. */
function eventCells(event: RecordedEvent, { terminal, times }: Pick<Context, 'terminal' | 'times'>): Part[] {
  const { meaning, smtp, style } = describeEvent(event, times);
  const id = event.id ?? '-'.padEnd(terminal.isTerminal ? 18 : 1);
  const cells: Part[] = [{ text: times.format(event.at), style: 'faint' }, id];
  cells.push(style === null ? meaning : { text: meaning, style });
  if (smtp !== null || !terminal.isTerminal) cells.push({ text: smtp ?? '', style: 'faint' });
  return cells;
}

function showPath(path: MessagePath, { terminal, times, clock }: Context): void {
  terminal.line({ text: `Message ${path.id}`, style: 'strong' });
  terminal.facts(factsOf(path));
  terminal.line();
  for (const event of path.events) {
    const time = times.format(event.at);
    const { meaning, smtp, style } = describeEvent(event, times);
    terminal.line({ text: time, style: 'faint' }, '  ', style === null ? meaning : { text: meaning, style });
    if (smtp !== null) terminal.line(' '.repeat(time.length + 2), { text: smtp, style: 'faint' });
  }
  const { waiting } = path;
  if (!waiting) return;
  const age = formatDuration(Math.max(0, clock.now() - waiting.receivedAt));
  const next = waiting.nextTryAt === 0 ? 'its turn comes' : `next try ${times.format(waiting.nextTryAt)}`;
  const what =
    waiting.stage === 'scan' ? 'to be scanned' : `for ${several(waiting.recipients, waiting.recipientCount)}`;
  terminal.line({ text: `Still in the spool after ${age}, ${what}; ${next}`, style: 'warning' });
}

function factsOf({ events, parent, children }: MessagePath): [string, Part][] {
  const facts: [string, Part][] = [];
  const accepted = events.find((event) => event.kind === 'accepted');
  if (accepted) {
    facts.push(['  from', senderOf(accepted.sender)]);
    if (accepted.login) facts.push(['  logged in as', accepted.login.address]);
    facts.push(['  to', accepted.recipients.map((recipient) => recipient.address).join(', ')]);
    facts.push(['  size', formatSize(accepted.sizeBytes)]);
    if (accepted.messageIdHeader !== null) facts.push(['  Message-ID', accepted.messageIdHeader]);
  }
  if (parent !== null) facts.push(['  caused by', `${parent} (geganti log show ${parent})`]);
  for (const child of children) facts.push(['  caused', `${child}, its bounce (geganti log show ${child})`]);
  return facts;
}
