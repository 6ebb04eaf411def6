/** What the delivery log is searched and followed by: the options, and the query that they make. */
import { type Call, type Option, UsageError } from './command.ts';
import { momentOption } from './option-values.ts';
import type { Times } from './times.ts';
import { OUTCOME_STYLES } from './words.ts';

const TIME = '2026-11-24, "2026-11-24 08:00", 08:00 (today) or 2h (ago)';

export const FILTER_OPTIONS: readonly Option[] = [
  {
    name: 'sender',
    value: 'ADDRESS',
    summary: 'only of this sender; @moh.example: of a domain; "<>": bounces',
  },
  { name: 'recipient', value: 'ADDRESS', summary: 'only to this recipient; @moh.example: to a domain' },
  { name: 'address', value: 'ADDRESS', summary: 'sender or recipient' },
  { name: 'id', value: 'ID', summary: 'only of this message, as in the answer to its sender' },
  { name: 'message-id', value: 'TEXT', summary: 'only with this Message-ID header' },
  { name: 'client', value: 'IP', summary: 'only from this address of a client' },
  { name: 'agency', value: 'CODE', summary: 'only of this agency: its senders and recipients' },
  { name: 'since', value: 'TIME', summary: `from this moment: ${TIME}` },
  { name: 'until', value: 'TIME', summary: 'before this moment; a day begins at 00:00' },
  {
    name: 'outcome',
    value: 'OUTCOME',
    summary: `only with this outcome: ${Object.keys(OUTCOME_STYLES).join(', ')}`,
    choices: Object.keys(OUTCOME_STYLES),
    multiple: true,
  },
  {
    name: 'reason',
    value: 'REASON',
    summary: 'only with this reason or finding: virus, external-storage, no-backscatter …',
  },
  { name: 'text', value: 'TEXT', summary: 'only with these words in the last reply, in any case' },
];

export function filterQuery(call: Call, times: Times) {
  const since = momentOption(call, 'since', times, 'ago');
  const until = momentOption(call, 'until', times, 'ago');
  if (since !== null && until !== null && since >= until) {
    throw new UsageError(`--since (${times.format(since)}) is not before --until (${times.format(until)})`);
  }
  return {
    sender: call.text('sender'),
    recipient: call.text('recipient'),
    address: call.text('address'),
    id: call.text('id'),
    messageId: call.text('message-id'),
    client: call.text('client'),
    agency: call.text('agency'),
    since,
    until,
    outcome: call.texts('outcome'),
    reason: call.text('reason'),
    text: call.text('text'),
  };
}
