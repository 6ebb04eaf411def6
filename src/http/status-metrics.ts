/** What the status says in numbers, for Prometheus. Pure: `metrics.ts` writes them. What is not known is left out. */
import type { Labels } from './event-metrics.ts';
import type { ProcessStatus, Status } from './status.ts';

export interface Measure {
  readonly name: string;
  readonly help: string;
  /** counter: it only grows while its process lives. */
  readonly kind: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export function measuresOf(status: Status, kept: number): Measure[] {
  const { version, parts, signatures, connections, log } = status;
  return [
    gauge('geganti_build_info', 'Version of the server; always 1', [one(1, { version })]),
    gauge(
      'geganti_part_up',
      'Whether a part answers',
      parts.map(({ name, up }) => one(Number(up), { part: name })),
    ),
    gauge('geganti_smtp_connections', 'SMTP clients that are connected', known(connections)),
    ...queueMeasures(status),
    ...spoolMeasures(status),
    gauge('geganti_quarantine_messages', 'Messages that are kept; counted once a minute', [one(kept)]),
    gauge(
      'geganti_signatures_timestamp_seconds',
      'When the virus signatures were made',
      known(signatures.date && signatures.date / 1000),
    ),
    gauge('geganti_log_behind_bytes', 'Lines of the delivery log that cannot be searched yet', [
      one(log.behindBytes),
    ]),
    counter('geganti_log_bad_lines_total', 'Lines of the delivery log that are no events', [
      one(log.badLines),
    ]),
    ...processMeasures(status.processes),
  ].filter(({ samples }) => samples.length > 0);
}

function queueMeasures({ queue }: Status): Measure[] {
  if (queue === null) return [];
  const { available, waiting, running, deferred, held } = queue;
  const states = Object.entries({ waiting, running, deferred, held });
  return [
    gauge(
      'geganti_queue_messages',
      'Unfinished messages by state',
      states.map(([state, value]) => one(value, { state })),
    ),
    gauge('geganti_queue_available', 'Whether messages can be handed to workers', [one(Number(available))]),
  ];
}

function spoolMeasures({ spool }: Status): Measure[] {
  if (spool === null) return [];
  return [
    gauge('geganti_spool_messages', 'Unfinished messages', [one(spool.messages)]),
    gauge('geganti_spool_segments', 'Segments on the disk', [one(spool.segments)]),
    gauge('geganti_spool_parked', 'Records that did not check out and were moved aside', [one(spool.parked)]),
    gauge('geganti_spool_free_ratio', 'Free space of its file system', [one(spool.freePercent / 100)]),
    gauge('geganti_spool_full', 'Whether new mail is refused for want of space', [one(Number(spool.full))]),
  ];
}

function processMeasures(processes: readonly ProcessStatus[]): Measure[] {
  const sum = (a: number, b: number): number => a + b;
  return [
    gauge(
      'geganti_process_resident_memory_bytes',
      'Memory of our own processes',
      byRole(processes, ({ rssBytes }) => rssBytes, sum),
    ),
    counter(
      'geganti_process_cpu_seconds_total',
      'Processor time of our own processes',
      byRole(processes, ({ cpuSeconds }) => cpuSeconds, sum),
    ),
    gauge(
      'geganti_process_event_loop_delay_seconds',
      'How late the event loop is: 99th percentile of ten seconds',
      byRole(processes, ({ loopDelayMs }) => loopDelayMs / 1000, Math.max),
    ),
    counter(
      'geganti_events_lost_total',
      'Events that could not be written into the delivery log',
      byRole(processes, ({ lostEvents }) => lostEvents, sum),
    ),
  ];
}

/** Several workers of the same roles are one series: their process ids would be a new one at each start. */
function byRole(
  processes: readonly ProcessStatus[],
  value: (process: ProcessStatus) => number,
  combine: (a: number, b: number) => number,
): Sample[] {
  const roles = new Map<string, number>();
  for (const process of processes) {
    const before = roles.get(process.roles);
    roles.set(process.roles, before === undefined ? value(process) : combine(before, value(process)));
  }
  return [...roles].map(([role, total]) => one(total, { role }));
}

function one(value: number, labels: Labels = {}): Sample {
  return { labels, value };
}

function known(value: number | null): Sample[] {
  return value === null ? [] : [one(value)];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Measure {
  return { name, help, kind: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Measure {
  return { name, help, kind: 'counter', samples };
}
