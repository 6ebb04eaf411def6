/**
 * How this process is doing, for status and metrics: memory, processor time, and how late its event loop is. The delay
 * is that of the last whole period, so that one bad moment does not colour the figures for ever.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface ProcessFacts {
  readonly rssBytes: number;
  /** Seconds of processor time since the start. */
  readonly cpuSeconds: number;
  /** 99th percentile. */
  readonly loopDelayMs: number;
}

const PERIOD_MS = 10_000;
/** The sampler itself counts as this much delay. */
const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1e6;
const MICROSECONDS_PER_SECOND = 1e6;

export function watchProcess(): { facts(): ProcessFacts } & Disposable {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let loopDelayMs = 0;
  delay.enable();
  const timer = setInterval(() => {
    loopDelayMs = Math.max(0, Math.round(delay.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS));
    delay.reset();
  }, PERIOD_MS);
  timer.unref();
  return {
    facts() {
      const { user, system } = process.cpuUsage();
      return {
        rssBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / MICROSECONDS_PER_SECOND,
        loopDelayMs,
      };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
