/**
 * How the processes of one server tell each other how they are. Types only; the API makes `GET /status` and the
 * metrics from them.
 */
import type { QueueStatus } from '../queue/queue.ts';
import type { SpoolStatus } from '../spool/spool.ts';

/** One program or listener: "redis", "clamd", "door submission". */
export interface PartReport {
  readonly name: string;
  readonly up: boolean;
  /** Where it listens, or why it is down; null: nothing to say. */
  readonly detail: string | null;
}

export interface ProcessReport {
  /** "receive", "work,api" … */
  readonly roles: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly rssBytes: number;
  /** Seconds of processor time since its start. */
  readonly cpuSeconds: number;
  /** 99th percentile of how late the event loop was in the last ten seconds. */
  readonly loopDelayMs: number;
  /** Events that it could not write into the delivery log since its start. */
  readonly lostEvents: number;
}

/** What a worker tells the receiver: when it connects, on each change, and every few seconds. */
export interface WorkerReport {
  readonly process: ProcessReport;
  /** clamd, rspamd, dovecot. */
  readonly parts: readonly PartReport[];
  /** Whether both scanners answer: if not, no answer to DATA waits for a verdict. */
  readonly scannersUp: boolean;
  /** When the virus signatures were made; null: not known. */
  readonly signaturesAt: number | null;
}

/** What the receiver tells the API. */
export interface ReceiverReport {
  readonly version: string;
  readonly process: ProcessReport;
  /** The doors, and redis. */
  readonly parts: readonly PartReport[];
  readonly connections: number;
  readonly spool: SpoolStatus;
  readonly queue: QueueStatus;
  /** Of the workers that are connected. */
  readonly workers: readonly WorkerReport[];
}
