/** What kept mail is listed and deleted by. */
import { type Call, type Option, UsageError } from './command.ts';
import { momentOption } from './option-values.ts';
import type { Times } from './times.ts';
import { KEPT_BECAUSE } from './words.ts';

const REASONS = Object.keys(KEPT_BECAUSE);

export const FILTER_OPTIONS: readonly Option[] = [
  { name: 'agency', value: 'CODE', summary: 'only of this agency: its sender or its recipients' },
  { name: 'reason', value: 'REASON', summary: `only kept for ${REASONS.join(', ')}`, choices: REASONS },
  {
    name: 'sender',
    value: 'ADDRESS',
    summary: 'only of this sender; @moh.example: of a domain; "<>": bounces',
  },
  {
    name: 'recipient',
    value: 'ADDRESS',
    summary: 'only kept from this recipient; @moh.example: from a domain',
  },
  { name: 'since', value: 'TIME', summary: 'only kept since: 7d (ago), 2026-11-24, "2026-11-24 08:00"' },
  { name: 'newer', value: 'TIME', summary: 'the same as --since: --newer 7d' },
  { name: 'older', value: 'TIME', summary: 'only kept before: 7d (ago), 2026-11-24 …' },
];

export function filterQuery(call: Call, times: Times) {
  const [since, newer, until] = ['since', 'newer', 'older'].map((name) =>
    momentOption(call, name, times, 'ago'),
  );
  if (since && newer) throw new UsageError('--since and --newer are the same; give one of them');
  const from = since ?? newer ?? null;
  if (from !== null && until && from >= until) {
    throw new UsageError(`nothing is since ${times.format(from)} and older than ${times.format(until)}`);
  }
  return {
    agency: call.text('agency'),
    reason: call.text('reason'),
    sender: call.text('sender'),
    recipient: call.text('recipient'),
    since: from,
    until: until ?? null,
  };
}
