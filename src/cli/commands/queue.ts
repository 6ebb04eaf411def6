/** geganti queue: the messages that wait, and why. `queue-act.ts` has what changes them. */
import type {
  RecipientState,
  WaitingList,
  WaitingMessage,
  WaitingMessageInFull,
} from '../../http/resources.ts';
import { formatDuration, formatSize } from '../../lib/units.ts';
import { senderOf, several } from '../addresses.ts';
import { withQuery } from '../api-client.ts';
import type { Command, CommandGroup, Context } from '../command.ts';
import { counted } from '../counted.ts';
import { anyGiven } from '../option-values.ts';
import type { Part } from '../parts.ts';
import { FILTER_OPTIONS, filterQuery } from '../queue-filter.ts';
import { rigid } from '../table.ts';
import { STAGES } from '../words.ts';
import { drop, hold, release, retry } from './queue-act.ts';

const COLUMNS = [
  rigid('ID'),
  rigid('STATE'),
  rigid('AGE'),
  rigid('NEXT TRY'),
  'FROM',
  'TO',
  { name: 'REASON', spare: true },
  { name: 'SIZE', rigid: true, spare: true },
  { name: 'TRIES', rigid: true, spare: true },
];

const list: Command = {
  name: 'queue list',
  summary: 'List the messages that wait, oldest first',
  operands: [],
  options: [
    ...FILTER_OPTIONS,
    { name: 'limit', value: 'N', summary: 'number of messages to show (100), at most 1000' },
    { name: 'after', value: 'ID', summary: 'go on behind this message, where the page before ended' },
  ],
  examples: ['queue list --recipient @moh.example', 'queue list --held'],
  async run(call, context) {
    const { api, terminal } = context;
    const limit = call.number('limit', 1, 1_000) ?? 100;
    const query = { ...filterQuery(call), limit, after: call.text('after') };
    const found = await api.get<WaitingList>(withQuery('/queue', query));
    if (call.json) terminal.json(found);
    else {
      const rows = found.messages.map((message) => row(message, context));
      if (rows.length > 0) terminal.table(COLUMNS, rows);
      const shown = found.messages.length;
      if (shown === 0)
        terminal.note(anyGiven(call, FILTER_OPTIONS) ? 'no message that waits fits' : 'no message waits');
      else if (found.total > shown) {
        const last = found.messages.at(-1)?.id;
        terminal.note(`${shown} of ${found.total} messages shown; go on with --after ${last}`);
      }
    }
    return 0;
  },
};

const show: Command = {
  name: 'queue show',
  summary: 'Show one message that waits, with the state of every recipient',
  operands: [{ name: 'ID', summary: 'message id' }],
  options: [],
  async run(call, context) {
    const path = `/queue/${encodeURIComponent(call.operand('ID'))}`;
    const found = await context.api.get<WaitingMessageInFull>(path);
    if (call.json) context.terminal.json(found);
    else showInFull(found, context);
    return 0;
  },
};

export const queueCommands: CommandGroup = {
  title: 'Queue',
  commands: [list, show, retry, hold, release, drop],
};

function row(message: WaitingMessage, context: Context): Part[] {
  return [
    message.id,
    message.held ? { text: 'held', style: 'warning' } : message.stage,
    ageOf(message, context),
    nextTry(message, context),
    senderOf(message.sender),
    several(message.recipients, message.recipientCount),
    message.reason ?? '',
    formatSize(message.sizeBytes),
    String(message.attempts),
  ];
}

function showInFull(message: WaitingMessageInFull, context: Context): void {
  const { terminal, times } = context;
  const { client, login, verdict } = message;
  const stage = STAGES[message.stage] ?? message.stage;
  const state: Part = message.held ? { text: `held, ${stage}`, style: 'warning' } : stage;
  terminal.facts([
    ['Message', { text: message.id, style: 'strong' }],
    ['State', state],
    ['From', senderOf(message.sender)],
    ['Logged in as', login?.address ?? null],
    ['Size', formatSize(message.sizeBytes)],
    ['Message-ID', message.messageIdHeader],
    ['Door', message.door],
    ['Client', client && `${client.address} (${client.helo})`],
    ['TLS', client?.tls ?? null],
    ['Verdict', verdict && `${verdict.kind}, score ${verdict.score} (junk from ${verdict.junkScore})`],
    ['Caused by', message.parent],
    ['Received', `${times.format(message.receivedAt)}, ${ageOf(message, context)} ago`],
    ['Tries', String(message.attempts)],
    ['Next try', nextTry(message, context)],
    ['Reason', message.reason],
  ]);
  terminal.line();
  const columns = [rigid('RECIPIENT'), rigid('STATE'), 'SAID'];
  terminal.table(
    columns,
    message.recipientStates.map((state) => stateCells(state, context)),
  );
}

function stateCells(
  { address, outcome, attempts, nextTryAt, reason }: RecipientState,
  context: Context,
): Part[] {
  if (outcome === null) {
    const tries =
      attempts === 0
        ? 'waits'
        : `waits after ${counted(attempts, 'attempt')}, next ${nextTry({ nextTryAt }, context)}`;
    return [address, { text: tries, style: 'warning' }, reason ?? ''];
  }
  const said = outcome.kind === 'quarantined' ? outcome.reason : outcome.reply;
  return [address, { text: outcome.kind, style: outcome.kind === 'delivered' ? 'good' : 'bad' }, said];
}

function ageOf({ receivedAt }: WaitingMessage, { clock }: Context): string {
  return formatDuration(Math.max(0, clock.now() - receivedAt));
}

function nextTry(
  { nextTryAt: at, held = false }: { readonly nextTryAt: number; readonly held?: boolean },
  { terminal, times }: Context,
): string {
  if (held) return '-';
  if (at === 0) return 'now';
  return terminal.isTerminal ? times.short(at) : times.format(at);
}
