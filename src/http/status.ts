/** How the server is: what `GET /status` answers and `geganti status` shows. Put together by the composition root. */
import type { QueueStatus } from '../queue/queue.ts';
import type { SpoolStatus } from '../spool/spool.ts';

export interface Status {
  readonly version: string;
  readonly startedAt: number;
  readonly parts: readonly PartStatus[];
  readonly signatures: SignatureStatus;
  readonly spool: SpoolStatus;
  readonly queue: QueueStatus;
  /** Events that did not get into the delivery log since the start. */
  readonly lostEvents: number;
}

/** One program or listener: "redis", "clamd", "door submission". */
export interface PartStatus {
  readonly name: string;
  readonly up: boolean;
  /** Where it listens, or why it is down; null: nothing to say. */
  readonly detail: string | null;
  /** Since when it is up, or down; null: not known. */
  readonly since: number | null;
}

export interface SignatureStatus {
  /** When the virus signatures were made; null: not known. */
  readonly date: number | null;
  /** True: only the EICAR test file is recognised. */
  readonly testOnly: boolean;
}
