/**
 * What `GET /metrics` tells Prometheus, and the only importer of prom-client. Counters and histograms are sums over the
 * delivery log's events since this process began to follow it, so they start with the process; Prometheus is made for
 * that. Gauges are taken from the status at each question. No identity and no address is ever a label.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { DeliveryLog } from '../trace/log.ts';
import { COUNTERS, countsOf, HISTOGRAMS } from './event-metrics.ts';
import type { RecordedEvent } from './resources.ts';
import type { Status } from './status.ts';
import { type Measure, measuresOf } from './status-metrics.ts';

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

export interface MetricsDeps {
  readonly deliveryLog: Pick<DeliveryLog, 'follow'>;
  readonly quarantine: Pick<Quarantine, 'entries'>;
  readonly status: () => Promise<Status>;
  readonly stopping: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  /** Resolves, after the signal, when nothing is read any more. */
  readonly stopped: Promise<void>;
}

/** Where the log cannot be followed, it is tried again after this. */
const RETRY_MS = 5_000;
/** The quarantine's folder is not read at each question. */
const COUNT_EVERY_MS = 60_000;

export function createMetrics(deps: MetricsDeps): Metrics {
  const { quarantine, status, clock } = deps;
  const events = createEventSums();
  let kept: { readonly at: number; readonly count: Promise<number> } | null = null;

  function keptMessages(): Promise<number> {
    const now = clock.elapsedMs();
    if (kept !== null && now - kept.at < COUNT_EVERY_MS) return kept.count;
    const count = quarantine.entries().then((entries) => entries.length);
    kept = { at: now, count };
    count.catch(() => {
      kept = null;
    });
    return count;
  }

  return {
    async text() {
      const [now, keptNow] = await Promise.all([status(), keptMessages()]);
      const moment = registryOf(measuresOf(now, keptNow));
      return `${await events.registry.metrics()}\n${await moment.metrics()}`;
    },
    stopped: followLog(deps, events.add),
  };
}

async function followLog(
  { deliveryLog, stopping, clock, log }: MetricsDeps,
  add: (event: RecordedEvent) => void,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      for await (const line of deliveryLog.follow({}, 0, stopping)) if (!('notice' in line)) add(line);
    } catch (error) {
      if (!stopping.aborted)
        log.error({ err: error }, 'API: no metrics can be made from the delivery log now');
    }
    await clock.sleep(RETRY_MS, stopping);
  }
}

function createEventSums() {
  const registry = new Registry();
  const registers = [registry];
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  for (const { name, help, labels, known } of COUNTERS) {
    const counter = new Counter({ name, help, labelNames: [...labels], registers });
    // A series that begins with its first event hides that event from rate().
    for (const each of known) counter.inc(each, 0);
    counters.set(name, counter);
  }
  for (const { name, help, buckets } of HISTOGRAMS) {
    histograms.set(name, new Histogram({ name, help, buckets: [...buckets], registers }));
  }
  return {
    registry,
    add(event: RecordedEvent) {
      for (const { name, labels, value } of countsOf(event)) {
        counters.get(name)?.inc(labels, value);
        histograms.get(name)?.observe(labels, value);
      }
    },
  };
}

/** A registry of the moment: what is not known now is not there, instead of 0 or what it was. */
function registryOf(measures: readonly Measure[]): Registry {
  const registry = new Registry();
  for (const { name, help, kind, samples } of measures) {
    const labelNames = Object.keys(samples[0]?.labels ?? {});
    const Kind = kind === 'gauge' ? Gauge : Counter;
    const metric = new Kind({ name, help, labelNames, registers: [registry] });
    for (const { labels, value } of samples) metric.inc(labels, value);
  }
  return registry;
}
