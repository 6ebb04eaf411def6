/** geganti status: what is well and what is not; what is not stands out. */
import type { ProcessStatus, Status } from '../../http/resources.ts';
import { formatDuration, formatSize } from '../../lib/units.ts';
import type { Command, CommandGroup, Context } from '../command.ts';
import { counted } from '../counted.ts';
import type { Part } from '../parts.ts';
import { rigid } from '../table.ts';

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

/** An event loop that is later than this keeps clients waiting. */
const LATE_MS = 200;

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
  terminal.table([...['PART', 'STATE', 'SINCE'].map(rigid), 'DETAIL'], rows);
  terminal.line();
  const processes = found.processes.map((process) => processCells(process, { clock }));
  if (processes.length > 0) {
    terminal.table(['PROCESS', 'PID', 'UP', 'MEMORY', 'CPU', 'LATE'].map(rigid), processes);
    terminal.line();
  }
  terminal.facts([
    ['Virus signatures', signatures(found, { times, clock })],
    ['Spool', spool(found)],
    ['Queue', queue(found)],
    ['Connections', found.connections === null ? UNKNOWN : String(found.connections)],
    ['Delivery log', deliveryLog(found)],
  ]);
}

/** Only the receiver knows, and it is away. */
const UNKNOWN: Part = { text: 'not known: the receiver is away', style: 'bad' };

function processCells(process: ProcessStatus, { clock }: Pick<Context, 'clock'>): Part[] {
  const { roles, pid, startedAt, rssBytes, cpuSeconds, loopDelayMs } = process;
  const late = formatDuration(loopDelayMs);
  return [
    roles,
    String(pid),
    formatDuration(Math.max(0, clock.now() - startedAt)),
    formatSize(rssBytes),
    formatDuration(cpuSeconds * 1000),
    loopDelayMs > LATE_MS ? { text: late, style: 'warning' } : late,
  ];
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

function spool({ spool }: Status): Part {
  if (spool === null) return UNKNOWN;
  const { messages, segments, parked, freePercent, full } = spool;
  const counts = `${counted(messages, 'message')}, ${counted(segments, 'segment')}, ${parked} parked`;
  const text = `${counts}, ${Math.round(freePercent)} % free`;
  if (full) return { text: `${text}: FULL, new mail is refused`, style: 'bad' };
  return parked > 0 ? { text: `${text}: parked records need a look`, style: 'warning' } : text;
}

function queue({ queue }: Status): Part {
  if (queue === null) return UNKNOWN;
  const { available, waiting, running, deferred, held } = queue;
  const text = `${waiting} waiting, ${running} running, ${deferred} deferred, ${held} held`;
  return available ? text : { text: `${text}: not available, mail waits in the spool`, style: 'bad' };
}

function deliveryLog({ lostEvents, log }: Status): Part {
  const behind = log.behindBytes === 0 ? '' : `, ${formatSize(log.behindBytes)} not searchable yet`;
  if (lostEvents > 0)
    return { text: `${counted(lostEvents, 'event')} lost since the start${behind}`, style: 'bad' };
  if (log.problem !== null) return { text: `complete${behind}: ${log.problem}`, style: 'bad' };
  if (log.badLines > 0) {
    return { text: `${counted(log.badLines, 'line')} cannot be read${behind}`, style: 'warning' };
  }
  return `complete${behind}`;
}
