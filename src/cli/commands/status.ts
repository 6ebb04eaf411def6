/** geganti status: what is well and what is not; what is not stands out. */
import type { Status } from '../../http/resources.ts';
import { formatDuration } from '../../lib/units.ts';
import type { Command, CommandGroup, Context } from '../command.ts';
import type { Part } from '../terminal.ts';

const status: Command = {
  name: 'status',
  summary: 'Show how every part of the server is; exit code 1 when one is down',
  operands: [],
  options: [],
  async run(call, context) {
    const found = await context.api.get<Status>('/status');
    if (call.json) context.terminal.json(found);
    else showStatus(found, context);
    return found.parts.every((part) => part.up) ? 0 : 1;
  },
};

export const statusCommands: CommandGroup = { title: 'State', commands: [status] };

function showStatus(found: Status, { terminal, times, clock }: Context): void {
  const since = times.format(found.startedAt);
  const up = formatDuration(Math.max(0, clock.now() - found.startedAt));
  terminal.line({ text: `Geganti ${found.version}`, style: 'strong' }, `, running for ${up}, since ${since}`);
  terminal.line();
  const rows = found.parts.map((part): Part[] => [
    part.name,
    part.up ? { text: 'up', style: 'good' } : { text: 'DOWN', style: 'bad' },
    part.since === null ? '' : times.format(part.since),
    part.detail ?? '',
  ]);
  terminal.table(['PART', 'STATE', 'SINCE', 'DETAIL'], rows);
  terminal.line();
  terminal.facts([
    ['Virus signatures', signatures(found, { times, clock })],
    ['Spool', spool(found)],
    ['Queue', queue(found)],
    ['Delivery log', lostEvents(found)],
  ]);
}

function signatures(
  { signatures: { date, testOnly } }: Status,
  { times, clock }: Pick<Context, 'times' | 'clock'>,
): Part {
  if (testOnly) {
    return {
      text: 'WARNING: ONLY THE TEST VIRUS (EICAR) IS KNOWN; real viruses are not found',
      style: 'bad',
    };
  }
  if (date === null) return { text: 'of unknown age', style: 'warning' };
  const ageMs = Math.max(0, clock.now() - date);
  const text = `${formatDuration(ageMs)} old, of ${times.format(date)}`;
  return ageMs > 3 * 86_400_000 ? { text: `${text}: too old, update them`, style: 'warning' } : text;
}

function spool({ spool: { messages, segments, parked, freePercent, full } }: Status): Part {
  const text = `${count(messages, 'message')}, ${count(segments, 'segment')}, ${parked} parked, ${Math.round(freePercent)} % free`;
  if (full) return { text: `${text}: FULL, new mail is refused`, style: 'bad' };
  return parked > 0 ? { text: `${text}: parked records need a look`, style: 'warning' } : text;
}

function queue({ queue: { available, waiting, running, deferred } }: Status): Part {
  const text = `${waiting} waiting, ${running} running, ${deferred} deferred`;
  return available ? text : { text: `${text}: not available, mail waits in the spool`, style: 'bad' };
}

function lostEvents({ lostEvents }: Status): Part {
  if (lostEvents === 0) return 'complete';
  return { text: `${count(lostEvents, 'event')} lost since the start`, style: 'bad' };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
