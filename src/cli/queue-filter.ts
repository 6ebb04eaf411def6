/** What waiting messages are listed and changed by. */
import type { Call, Option } from './command.ts';
import { STAGES } from './words.ts';

export const FILTER_OPTIONS: readonly Option[] = [
  { name: 'sender', value: 'ADDRESS', summary: 'only of this sender; @moh.example: of a domain' },
  {
    name: 'recipient',
    value: 'ADDRESS',
    summary: 'only with this recipient still waiting; @moh.example: a domain',
  },
  { name: 'held', value: null, summary: 'only those that an operator holds' },
  {
    name: 'stage',
    value: 'STAGE',
    summary: 'only those at this stage: scan or deliver',
    choices: Object.keys(STAGES),
  },
];

export function filterQuery(call: Call) {
  return {
    sender: call.text('sender'),
    recipient: call.text('recipient'),
    held: call.flag('held') ? true : null,
    stage: call.text('stage'),
  };
}
