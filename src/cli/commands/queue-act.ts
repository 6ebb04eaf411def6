/**
 * geganti queue retry, hold, release, drop: on the messages named, or on all that fit a filter. These are listed first, and
 * then changed in groups, so that a queue of any length is dealt with and the work can be stopped in between.
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
  const list = (limit: number) => context.api.get<WaitingList>(withQuery('/queue', { ...filter, limit }));
  if (act === 'drop' && !call.flag('yes')) {
    const { total } = await list(1);
    throw new Problem(`${counted(total, 'message')} would be dropped; say so again with --yes`);
  }
  const { changed, left } = await changeRounds(act, () => list(LISTED), context);
  report(act, changed, call, context);
  if (left === 0) return 0;
  context.terminal.complain(
    `${counted(left, 'more message')} wait behind these; say it again when they have gone`,
  );
  return 1;
}

/** `left`: those that no list has shown, for its length is bounded and those at its head stay there. */
async function changeRounds(act: QueueAct, list: () => Promise<WaitingList>, context: Context) {
  using progress = context.progress(`messages ${ACTED[act]}`);
  const tried = new Set<string>();
  const changed: string[] = [];
  for (;;) {
    const { total, messages } = await list();
    const ids = messages.map(({ id }) => id).filter((id) => !tried.has(id));
    const unseen = Math.max(0, total - messages.length);
    if (ids.length === 0) return { changed, left: unseen };
    const all = tried.size + ids.length + unseen;
    const before = tried.size;
    for (const id of ids) tried.add(id);
    changed.push(...(await changeInGroups(act, ids, context, (done) => progress.at(before + done, all))));
    if (unseen === 0) return { changed, left: 0 };
  }
}

/** Held ones need no hold: so each round of the list is shorter than the one before. */
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
