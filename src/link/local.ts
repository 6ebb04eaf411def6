/** The link of a single process: worker and API stand beside spool and queue. */
import type { Jobs, QueueControl } from '../queue/queue.ts';
import type { VerdictReports } from '../queue/verdicts.ts';
import type { Enter } from '../spool/spool.ts';
import type { ControlLink, WorkLink, WorkSpool } from './receiver.ts';
import type { WorkerReport } from './reports.ts';
import type { LinkServerDeps, Workers } from './server.ts';

export interface LocalLinkDeps extends Pick<LinkServerDeps, 'report'> {
  readonly queue: Jobs & QueueControl;
  readonly spool: WorkSpool;
  readonly verdicts: VerdictReports;
  readonly enter: Enter;
}

export interface LocalLink extends Pick<Workers, 'scannersUp'> {
  readonly work: WorkLink;
  readonly control: ControlLink;
}

export function createLocalLink({ queue, spool, verdicts, enter, report }: LocalLinkDeps): LocalLink {
  // A receiver in the same process is never lost.
  const session = new AbortController().signal;
  let last: WorkerReport | null = null;
  const tell = (told: WorkerReport): void => {
    last = told;
  };
  return {
    work: { jobs: queue, spool, verdicts, enter, session: () => session, tell },
    control: { queue, enter, report: async () => ({ ...(await report()), workers: last ? [last] : [] }) },
    scannersUp: () => last?.scannersUp ?? false,
  };
}
