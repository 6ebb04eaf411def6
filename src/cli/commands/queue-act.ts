/**
 * geganti queue retry, hold, release, drop: on the messages named, or on all that fit a filter. These are listed a page at a
 * time, and changed in groups, so that a queue of any length is dealt with and the work can be stopped in between.
 */
import type { MessageIds, QueueAct, QueueChange, WaitingList } from '../../http/resources.ts';
import { Problem } from '../../lib/problem.ts';
import { withQuery } from '../api-client.ts';
import { type Call, type Command, type Context, type Option, UsageError } from '../command.ts';
import { counted } from '../counted.ts';
import { anyGiven } from '../option-values.ts';
import { FILTER_OPTIONS, filterQuery } from '../queue-filter.ts';
import { ACTED } from '../words.ts';

const LISTED = 1_000;
const GROUP = 100;

const ALL: Option = { name: 'all', value: null, summary: 'all that wait, when no filter is given' };
const YES: Option = { name: 'yes', value: null, summary: 'drop them, and not only count them' };
const CHOICE = [...FILTER_OPTIONS, ALL];

export const retry = actCommand('retry', 'Try messages again at once', [
  'queue retry m1kfq3x8z0a7c2d4e6',
  'queue retry --recipient @moh.example',
]);
export const hold = actCommand('hold', 'Hold messages: nobody works on them until they are let go', [
  'queue hold --sender news@moh.example',
]);
export const release = actCommand('release', 'Let held messages go', ['queue release --all']);
export const drop = actCommand('drop', 'Drop messages: nobody gets them, and nobody is told', [
  'queue drop m1kfq3x8z0a7c2d4e6',
  'queue drop --sender news@moh.example --yes',
]);

function actCommand(act: QueueAct, summary: string, examples: readonly string[]): Command {
  return {
    name: `queue ${act}`,
    summary,
    operands: [{ name: 'ID', summary: 'message ids; none: those that fit the filter', many: true }],
    options: act === 'drop' ? [...CHOICE, YES] : CHOICE,
    examples,
    async run(call, context) {
      const ids = call.operands('ID');
      const byFilter = anyGiven(call, CHOICE);
      if (ids.length > 0 && byFilter) throw new UsageError(`queue ${act}: give ids or a filter, not both`);
      if (ids.length > 0) return await changeNamed(act, ids, call, context);
      if (byFilter) return await changeFitting(act, call, context);
      throw new UsageError(`queue ${act}: which messages? Give ids, a filter such as --sender, or --all`);
    },
  };
}

async function changeNamed(
  act: QueueAct,
  ids: readonly string[],
  call: Call,
  context: Context,
): Promise<number> {
  const changed = await changeInGroups(act, ids, context);
  report(act, changed, call, context);
  const done = new Set(changed);
  const others = ids.filter((id) => !done.has(id));
  if (others.length === 0) return 0;
  const lines = others.map((id) => `${id}: unchanged; it waits no more, or was so already`);
  context.terminal.complain(lines.join('\n'));
  return 1;
}

async function changeFitting(act: QueueAct, call: Call, context: Context): Promise<number> {
  const filter = { ...filterQuery(call), ...toBeChanged(act) };
  const list = (limit: number, after: string | null) =>
    context.api.get<WaitingList>(withQuery('/queue', { ...filter, limit, after }));
  if (act === 'drop' && !call.flag('yes')) {
    const { total } = await list(1, null);
    throw new Problem(`${counted(total, 'message')} would be dropped; say so again with --yes`);
  }
  report(act, await changePages(act, (after) => list(LISTED, after), context), call, context);
  return 0;
}

/** Page after page: those that are there when their page is asked for. */
async function changePages(
  act: QueueAct,
  page: (after: string | null) => Promise<WaitingList>,
  context: Context,
): Promise<readonly string[]> {
  using progress = context.progress(`messages ${ACTED[act]}`);
  const changed: string[] = [];
  let before = 0;
  let after: string | null = null;
  for (;;) {
    const { total, messages }: WaitingList = await page(after);
    const ids = messages.map(({ id }) => id);
    const all = before + total;
    changed.push(...(await changeInGroups(act, ids, context, (done) => progress.at(before + done, all))));
    before += ids.length;
    after = ids.at(-1) ?? null;
    if (after === null || total === ids.length) return changed;
  }
}

/** Held ones need no hold, and only they can be let go. */
function toBeChanged(act: QueueAct): { held?: boolean } {
  if (act === 'hold') return { held: false };
  return act === 'release' ? { held: true } : {};
}

async function changeInGroups(
  act: QueueAct,
  ids: readonly string[],
  { api }: Context,
  tell: (done: number) => void = () => {},
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (let at = 0; at < ids.length; at += GROUP) {
    const group = { ids: ids.slice(at, at + GROUP) } satisfies MessageIds;
    changed.push(...(await api.post<QueueChange>(`/queue/${act}`, group)).changed);
    tell(Math.min(at + GROUP, ids.length));
  }
  return changed;
}

function report(act: QueueAct, changed: readonly string[], call: Call, { terminal }: Context): void {
  if (call.json) terminal.json({ changed } satisfies QueueChange);
  else terminal.line(`${counted(changed.length, 'message')} ${ACTED[act]}`);
}
