/**
 * How the server is: what `GET /status` answers and `geganti status` shows. Put together by the composition root from
 * what the receiver reports of itself and its workers (`link/reports.ts`), from the delivery log, and from the
 * supervisor's notes where there is one. With the receiver away, what only it knows is null, and its part is down.
 */
import { z } from 'zod';
import { BYTES, COUNT, list, MOMENT } from './event-resources.ts';

const PART_STATUS = z
  .strictObject({
    name: z.string().meta({ description: '"receiver", "redis", "clamd", "door submission" …' }),
    up: z.boolean(),
    detail: z.string().nullable().meta({ description: 'where it listens, or why it is down' }),
    since: MOMENT.nullable().meta({ description: 'since when it is up, or down; null: not known' }),
  })
  .meta({ id: 'PartStatus', description: 'one program or listener' });

const PROCESS_STATUS = z
  .strictObject({
    roles: z.string().meta({ description: '"receive", "work,api" …' }),
    pid: z.int(),
    startedAt: MOMENT,
    rssBytes: BYTES,
    cpuSeconds: z.number().meta({ description: 'processor time since its start' }),
    loopDelayMs: z.number().meta({ description: 'how late its event loop is: 99th percentile of 10 s' }),
    lostEvents: COUNT.meta({ description: 'events that it could not write into the delivery log' }),
  })
  .meta({ id: 'ProcessStatus', description: 'one of our own processes' });

export const STATUS = z
  .strictObject({
    version: z.string(),
    startedAt: MOMENT.meta({ description: 'of the process that has been up longest' }),
    parts: list(PART_STATUS),
    signatures: z.strictObject({
      date: MOMENT.nullable().meta({ description: 'when the virus signatures were made' }),
      testOnly: z.boolean().meta({ description: 'only the EICAR test file is recognised' }),
    }),
    connections: COUNT.nullable().meta({ description: 'SMTP clients that are connected' }),
    spool: z
      .strictObject({
        messages: COUNT,
        segments: COUNT,
        parked: COUNT.meta({ description: 'records that did not check out and were moved aside' }),
        freePercent: z.number(),
        full: z.boolean().meta({ description: 'new mail is refused' }),
      })
      .nullable(),
    queue: z
      .strictObject({
        available: z.boolean(),
        waiting: COUNT,
        running: COUNT,
        deferred: COUNT.meta({ description: 'their next try lies in the future' }),
        held: COUNT,
      })
      .nullable(),
    processes: list(PROCESS_STATUS),
    log: z.strictObject({
      behindBytes: BYTES.meta({ description: 'lines of the delivery log that cannot be searched yet' }),
      problem: z.string().nullable().meta({ description: 'why it does not get on; null: it does' }),
      badLines: COUNT,
    }),
    lostEvents: COUNT.meta({ description: 'of all processes' }),
  })
  .meta({ id: 'Status' });

export type PartStatus = z.infer<typeof PART_STATUS>;
export type ProcessStatus = z.infer<typeof PROCESS_STATUS>;
export type Status = z.infer<typeof STATUS>;

/** What keeps the server from taking mail; empty: nothing. Names of parts only: anyone may ask. */
export interface Readiness {
  readonly missing: readonly string[];
}
