/** geganti policy test: what the content rules would do with a message in a file, and why. Nothing is sent. */
import { readFile } from 'node:fs/promises';
import type { PolicyTest, PolicyTestRequest } from '../../http/resources.ts';
import { errorCode, messageOf, Problem } from '../../lib/problem.ts';
import { formatSize } from '../../lib/units.ts';
import { type Call, type Command, type CommandGroup, UsageError } from '../command.ts';
import type { Part, Row, Style } from '../parts.ts';
import { REASON_WORDS } from '../reason-words.ts';
import { rigid } from '../table.ts';

type Rule = PolicyTest['rules'][number];
type Action = NonNullable<Rule['action']>;

const COLUMNS = [rigid('RULE'), rigid('ACTION'), { name: 'PART', rigid: true, spare: true }, 'FOUND'];

const DIRECTIONS: Readonly<Record<PolicyTest['direction'], string>> = {
  in: 'in: from outside to ours',
  out: 'out: from ours to outside',
  within: 'within: from ours to ours alone',
};

const OUTCOMES: Readonly<Record<PolicyTest['outcome'], { readonly text: string; readonly style: Style }>> = {
  deliver: { text: 'delivered, unless a scanner objects', style: 'good' },
  junk: { text: 'delivered to Junk', style: 'warning' },
  quarantine: { text: 'kept in quarantine', style: 'bad' },
  refuse: { text: 'refused', style: 'bad' },
};

const STYLES: Readonly<Record<Action, Style>> = {
  observe: 'faint',
  tag: 'warning',
  junk: 'warning',
  quarantine: 'bad',
  refuse: 'bad',
};

const test: Command = {
  name: 'policy test',
  summary: 'Say what the content rules would do with a message, and why; exit code 1 when they stop it',
  operands: [{ name: 'FILE', summary: 'the message, header first (.eml)' }],
  options: [
    { name: 'as', value: 'ADDRESS', summary: 'whose mail it is: the user who sends it', required: true },
    { name: 'from-outside', value: null, summary: 'somebody outside sends it to that user' },
    {
      name: 'to',
      value: 'ADDRESS',
      summary: 'recipient; without one it goes to somebody outside',
      multiple: true,
    },
  ],
  examples: [
    'policy test surat.eml --as siti@moh.example',
    'policy test surat.eml --as siti@moh.example --from-outside',
  ],
  async run(call, { api, terminal }) {
    const tested = await api.post<PolicyTest>('/policy/test', await requestOf(call));
    if (call.json) terminal.json(tested);
    else {
      terminal.facts(facts(call.operand('FILE'), tested));
      if (terminal.isTerminal) terminal.text('');
      terminal.table(COLUMNS, tested.rules.flatMap(rows));
    }
    return tested.outcome === 'deliver' || tested.outcome === 'junk' ? 0 : 1;
  },
};

export const policyCommands: CommandGroup = { title: 'Content rules', commands: [test] };

async function requestOf(call: Call): Promise<PolicyTestRequest> {
  const as = call.text('as') ?? '';
  if (!as.includes('@')) throw new UsageError(`--as is an address, such as siti@moh.example, not "${as}"`);
  const to = call.texts('to');
  return {
    content: (await read(call.operand('FILE'))).toString('base64'),
    as,
    ...(call.flag('from-outside') && { fromOutside: true }),
    ...(to.length > 0 && { to }),
  };
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new Problem(`there is no file ${file}`);
    throw new Problem(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function facts(file: string, tested: PolicyTest): [string, Part | null][] {
  const { direction, agencies, sizeBytes, outcome, reply } = tested;
  return [
    ['Message', `${file}, ${formatSize(sizeBytes)}`],
    ['Direction', DIRECTIONS[direction]],
    ['Allow-lists of', agencies.join(', ')],
    [
      'Outcome',
      isClean(tested) ? { text: 'clean: no content rule finds anything', style: 'good' } : OUTCOMES[outcome],
    ],
    ...(reply ?? []).map((line): [string, Part] => ['Reply', line]),
  ];
}

function isClean({ rules }: PolicyTest): boolean {
  return rules.every(({ found }) => found.length === 0);
}

/** One for each thing found, or one that says that nothing was. */
function rows({ reason, asked, action, found }: Rule): Row[] {
  if (found.length > 0) {
    const done: Part = action ? { text: action, style: STYLES[action] } : '-';
    return found.map(({ detail, part }) => [
      { text: reason, style: 'strong' },
      done,
      part ?? '-',
      `${REASON_WORDS[reason]}: ${detail}`,
    ]);
  }
  const said = !asked ? 'left to the scanners' : action === null ? 'not looked for' : 'nothing';
  return [[reason, { text: action ?? '-', style: 'faint' }, '-', { text: said, style: 'faint' }]];
}
