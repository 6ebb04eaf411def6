/**
 * The path of one message: what it is, what it comes from and led to, what happened to it and then to each recipient, and
 * where it waits. The plain meaning comes first, what SMTP said second.
 */
import type { MessagePath, RecordedEvent, WaitingMessage } from '../../http/resources.ts';
import { formatDuration, formatSize } from '../../lib/units.ts';
import { senderOf, several } from '../addresses.ts';
import { Refusal } from '../api-client.ts';
import type { Command, Context } from '../command.ts';
import { describeEvent } from '../describe-event.ts';
import { relationOf, storiesOf } from '../message-story.ts';
import type { Part } from '../parts.ts';
import { STAGES } from '../words.ts';

const MAX_RECIPIENTS_IN_HEAD = 5;

export const showLog: Command = {
  name: 'log show',
  summary: 'Show the path of one message',
  operands: [{ name: 'ID', summary: 'message id, as in the answer to the sender: m1kfq3x8z0a7c2d4e6' }],
  options: [],
  async run(call, context) {
    const path = await context.api.get<MessagePath>(urlOf(call.operand('ID')));
    if (call.json) context.terminal.json(path);
    else showPath(path, await causeOf(path, context), context);
    return 0;
  },
};

function urlOf(id: string): string {
  return `/log/messages/${encodeURIComponent(id)}`;
}

/** What this message is to its parent, which knows it best; null: it has none. */
async function causeOf({ id, parent }: MessagePath, { api }: Context): Promise<string | null> {
  if (parent === null) return null;
  try {
    const { events } = await api.get<MessagePath>(urlOf(parent));
    return `${parent}; this is ${relationOf(events, id)}`;
  } catch (error) {
    // Its events may be past their time.
    if (error instanceof Refusal) return parent;
    throw error;
  }
}

function showPath(path: MessagePath, cause: string | null, context: Context): void {
  const { terminal } = context;
  terminal.line({ text: `Message ${path.id}`, style: 'strong' });
  terminal.facts(facts(path, cause));
  const { message, recipients } = storiesOf(path.events);
  terminal.line();
  showEvents(message, context);
  for (const [recipient, events] of recipients) {
    terminal.line();
    terminal.line({ text: recipient, style: 'strong' });
    if (events.length > 0) showEvents(events, context);
    else terminal.line({ text: 'Nothing has happened yet', style: 'faint' });
  }
  if (path.waiting) showWaiting(path.waiting, context);
  if (path.notice !== null) terminal.line({ text: `-- ${path.notice} --`, style: 'warning' });
}

function showEvents(events: readonly RecordedEvent[], { terminal, times }: Context): void {
  for (const event of events) {
    const time = times.format(event.at);
    const { meaning, smtp, style } = describeEvent(event, times);
    terminal.line({ text: time, style: 'faint' }, '  ', style === null ? meaning : { text: meaning, style });
    if (smtp !== null) terminal.line(' '.repeat(time.length + 2), { text: smtp, style: 'faint' });
  }
}

function showWaiting(waiting: WaitingMessage, { terminal, times, clock }: Context): void {
  const age = formatDuration(Math.max(0, clock.now() - waiting.receivedAt));
  const next = waiting.nextTryAt === 0 ? 'its turn comes' : `next try ${times.format(waiting.nextTryAt)}`;
  const what = STAGES[waiting.stage] ?? waiting.stage;
  const whom = waiting.stage === 'scan' ? '' : ` to ${several(waiting.recipients, waiting.recipientCount)}`;
  const when = waiting.held ? `held, until: geganti queue release ${waiting.id}` : next;
  terminal.line();
  terminal.line({ text: `Still in the spool after ${age}, ${what}${whom}; ${when}`, style: 'warning' });
  if (waiting.reason !== null) terminal.line('  ', { text: waiting.reason, style: 'faint' });
}

function facts({ events, children }: MessagePath, cause: string | null): [string, Part][] {
  const rows: [string, Part][] = [];
  const accepted = events.find((event) => event.kind === 'accepted');
  if (accepted) {
    const { login, client, recipients, messageIdHeader } = accepted;
    const tls = client?.tls ?? 'not encrypted';
    rows.push(['  from', senderOf(accepted.sender)]);
    if (login) rows.push(['  logged in as', login.address]);
    rows.push(['  to', shortList(recipients.map(({ address }) => address))]);
    rows.push(['  size', formatSize(accepted.sizeBytes)]);
    if (client) rows.push(['  client', `${client.address} (${client.helo}), ${tls}`]);
    if (messageIdHeader !== null) rows.push(['  Message-ID', messageIdHeader]);
  }
  if (cause !== null) rows.push(['  caused by', cause]);
  for (const child of children) rows.push(['  led to', `${child}, ${relationOf(events, child)}`]);
  return rows;
}

/** Each has a story of its own below. */
function shortList(addresses: readonly string[]): string {
  const rest = addresses.length - MAX_RECIPIENTS_IN_HEAD;
  const first = addresses.slice(0, MAX_RECIPIENTS_IN_HEAD).join(', ');
  return rest > 0 ? `${first} and ${rest} more` : first;
}
