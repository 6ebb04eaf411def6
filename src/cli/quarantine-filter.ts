/** What kept mail is listed and deleted by. */
import type { Call, Option } from './command.ts';
import { KEPT_BECAUSE } from './words.ts';

const REASONS = Object.keys(KEPT_BECAUSE);

export const FILTER_OPTIONS: readonly Option[] = [
  { name: 'agency', value: 'CODE', summary: 'only of this agency: its sender or its recipients' },
  { name: 'reason', value: 'REASON', summary: `only kept as ${REASONS.join(', ')}`, choices: REASONS },
  { name: 'sender', value: 'ADDRESS', summary: 'only of this sender; @moh.example: of a domain' },
  {
    name: 'recipient',
    value: 'ADDRESS',
    summary: 'only kept from this recipient; @moh.example: from a domain',
  },
];

export function filterQuery(call: Call) {
  return {
    agency: call.text('agency'),
    reason: call.text('reason'),
    sender: call.text('sender'),
    recipient: call.text('recipient'),
  };
}
