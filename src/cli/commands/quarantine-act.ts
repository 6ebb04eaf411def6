/** geganti quarantine release and delete: messages let go by id, or deleted by id or by filter. */
import type { QuarantineList, Release, ReleaseRequest } from '../../http/resources.ts';
import { Problem } from '../../lib/problem.ts';
import { Refusal, withQuery } from '../api-client.ts';
import { type Call, type Command, type Context, type Option, UsageError } from '../command.ts';
import { counted } from '../counted.ts';
import { anyGiven } from '../option-values.ts';
import { FILTER_OPTIONS, filterQuery } from '../quarantine-filter.ts';

const LISTED = 1_000;
const NOT_FOUND = 404;
/** Not found, and refused. */
const OF_ONE: readonly number[] = [NOT_FOUND, 422];

export const releaseKept: Command = {
  name: 'quarantine release',
  summary: 'Let kept messages go to their recipients, as new messages; a virus is not let go',
  operands: [{ name: 'ID', summary: 'message ids', many: true }],
  options: [
    {
      name: 'to',
      value: 'ADDRESS',
      summary: 'only to this one of those that it is kept from',
      multiple: true,
    },
    { name: 'recipient', value: 'ADDRESS', summary: 'the same as --to', multiple: true },
    { name: 'force', value: null, summary: 'even with a virus' },
  ],
  examples: ['quarantine release m1kfq3x8z0a7c2d4e6 --to siti@moh.example'],
  async run(call, context) {
    const ids = call.operands('ID');
    const [only] = ids;
    if (only === undefined) throw new UsageError('quarantine release: which messages? Give their ids');
    const recipients = [...call.texts('to'), ...call.texts('recipient')];
    const request: ReleaseRequest = {
      ...(recipients.length > 0 && { recipients }),
      ...(call.flag('force') && { force: true }),
    };
    if (ids.length > 1) return await releaseSeveral(ids, request, call, context);
    const released = await releaseOne(only, request, context);
    if (call.json) context.terminal.json(released);
    else context.terminal.line(wentOn(only, released));
    return 0;
  },
};

/** What is refused for one message is told, and the others go on. Anything else that goes wrong ends the work. */
async function releaseSeveral(
  ids: readonly string[],
  request: ReleaseRequest,
  call: Call,
  context: Context,
): Promise<number> {
  const released: { id: string; message: string }[] = [];
  const failed: { id: string; problem: string }[] = [];
  {
    using progress = context.progress('messages released');
    for (const [number, id] of ids.entries()) {
      try {
        released.push({ id, ...(await releaseOne(id, request, context)) });
      } catch (error) {
        if (!(error instanceof Refusal) || !OF_ONE.includes(error.status)) throw error;
        failed.push({ id, problem: error.message });
      }
      progress.at(number + 1, ids.length);
    }
  }
  if (call.json) context.terminal.json({ released, failed });
  else for (const one of released) context.terminal.line(wentOn(one.id, one));
  if (failed.length > 0) context.terminal.complain(failed.map(({ problem }) => problem).join('\n'));
  return failed.length > 0 ? 1 : 0;
}

function releaseOne(id: string, request: ReleaseRequest, { api }: Context): Promise<Release> {
  return api.post<Release>(`/quarantine/${encodeURIComponent(id)}/release`, request);
}

function wentOn(id: string, { message }: Release): string {
  return `${id} goes on as ${message}; see: geganti log show ${message}`;
}

const ALL: Option = { name: 'all', value: null, summary: 'all that are kept, when no filter is given' };
const YES: Option = { name: 'yes', value: null, summary: 'delete them, and not only count them' };

export const deleteKept: Command = {
  name: 'quarantine delete',
  summary: 'Delete kept messages for good; nobody is told',
  operands: [{ name: 'ID', summary: 'message ids; none: those that fit the filter', many: true }],
  options: [...FILTER_OPTIONS, ALL, YES],
  examples: ['quarantine delete m1kfq3x8z0a7c2d4e6', 'quarantine delete --reason spam --yes'],
  async run(call, context) {
    const ids = call.operands('ID');
    const byFilter = anyGiven(call, [...FILTER_OPTIONS, ALL]);
    if (ids.length > 0 && byFilter) throw new UsageError('quarantine delete: give ids or a filter, not both');
    if (ids.length > 0) return await deleteNamed(ids, call, context);
    if (byFilter) return await deleteFitting(call, context);
    throw new UsageError('quarantine delete: which messages? Give ids, a filter such as --reason, or --all');
  },
};

async function deleteNamed(ids: readonly string[], call: Call, context: Context): Promise<number> {
  const deleted: string[] = [];
  {
    using progress = context.progress('messages deleted');
    for (const [number, id] of ids.entries()) {
      if (await deleteOne(id, context)) deleted.push(id);
      progress.at(number + 1, ids.length);
    }
  }
  report(deleted, call, context);
  const others = ids.filter((id) => !deleted.includes(id));
  if (others.length === 0) return 0;
  context.terminal.complain(others.map((id) => `no message ${id} is in quarantine`).join('\n'));
  return 1;
}

async function deleteFitting(call: Call, context: Context): Promise<number> {
  // Once: an age is counted from now.
  const query = filterQuery(call, context.times);
  const list = (limit: number) =>
    context.api.get<QuarantineList>(withQuery('/quarantine', { ...query, limit }));
  if (!call.flag('yes')) {
    const { total } = await list(1);
    throw new Problem(`${counted(total, 'message')} would be deleted; say so again with --yes`);
  }
  const deleted: string[] = [];
  {
    using progress = context.progress('messages deleted');
    const tried = new Set<string>();
    for (;;) {
      const found = await list(LISTED);
      const ids = found.items.map(({ id }) => id).filter((id) => !tried.has(id));
      if (ids.length === 0) break;
      const total = deleted.length + found.total;
      for (const id of ids) {
        tried.add(id);
        if (await deleteOne(id, context)) deleted.push(id);
        progress.at(deleted.length, total);
      }
    }
  }
  report(deleted, call, context);
  return 0;
}

/** False: it is not kept. Anything else that goes wrong ends the work. */
async function deleteOne(id: string, { api }: Context): Promise<boolean> {
  try {
    await api.delete(`/quarantine/${encodeURIComponent(id)}`);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === NOT_FOUND) return false;
    throw error;
  }
}

function report(deleted: readonly string[], call: Call, { terminal }: Context): void {
  if (call.json) terminal.json({ deleted });
  else terminal.line(`${counted(deleted.length, 'message')} deleted`);
}
