/**
 * What the process that owns spool and queue does for the others, whether they are in the same process or at the other
 * end of its socket. `local.ts` and `client.ts` are the two ways to have one.
 */
import type { Jobs, QueueControl } from '../queue/queue.ts';
import type { VerdictReports } from '../queue/verdicts.ts';
import type { Enter, Spool } from '../spool/spool.ts';
import type { ReceiverReport, WorkerReport } from './reports.ts';

/** The part of the spool that stages use. `get` knows the messages that this worker has taken. */
export type WorkSpool = Pick<Spool, 'get' | 'read' | 'setVerdict' | 'defer' | 'settle'>;

/** For a worker. */
export interface WorkLink {
  readonly jobs: Jobs;
  readonly spool: WorkSpool;
  readonly verdicts: VerdictReports;
  readonly enter: Enter;
  /**
   * Of the receiver that is there now; aborted already while there is none. When it is aborted, what was taken is handed
   * out again, to this worker or another; what was noted still arrives.
   */
  session(): AbortSignal;
  /** How this worker is; the last one counts. Never waits and never fails. */
  tell(report: WorkerReport): void;
}

/** For the API. Its promises reject with an `Away` while the receiver is away. */
export interface ControlLink {
  readonly queue: QueueControl;
  readonly enter: Enter;
  report(): Promise<ReceiverReport>;
}
