/** What the receiver is asked and told, read without trust: each function returns the value or throws `BadField`. */
import { asFields, asList, asNumber, asString, BadField, oneOf, orNull } from '../lib/fields.ts';
import { asMessageId, asVerdict } from '../mail/json.ts';
import {
  QUEUE_ACTS,
  type QueueFilter,
  STAGES,
  type Stage,
  type StepFault,
  type StepResult,
} from '../queue/queue.ts';
import { parseJournal } from '../spool/journal-entry.ts';
import type { Hello, Note, Notices, Questions, StageJob } from './protocol.ts';
import type { PartReport, ProcessReport, WorkerReport } from './reports.ts';

export function asHello(value: unknown): Hello {
  const fields = asFields(value, 'hello');
  return { version: asString(fields.version, 'version'), roles: asList(fields.roles, 'roles', asString) };
}

export function asId(value: unknown): StageJob['id'] {
  return asMessageId(value, 'id');
}

export function asStageJob(value: unknown): StageJob {
  const fields = asFields(value, 'job');
  return { stage: asStage(fields.stage, 'stage'), id: asId(fields.id) };
}

export function asDone(value: unknown): Notices['done'] {
  return { ...asStageJob(value), end: asEnd(asFields(value, 'job').end) };
}

function asEnd(value: unknown): StepResult | StepFault {
  const fields = asFields(value, 'end');
  const kind = oneOf(fields.kind, 'end.kind', ['next', 'retry', 'finished', 'fault']);
  switch (kind) {
    case 'next':
      return { kind, stage: asStage(fields.stage, 'end.stage') };
    case 'retry':
      return { kind, stage: asStage(fields.stage, 'end.stage'), at: asNumber(fields.at, 'end.at') };
    case 'finished':
      return { kind };
    case 'fault':
      return { kind, reason: asString(fields.reason, 'end.reason') };
    default:
      return kind satisfies never;
  }
}

/** A line of the spool's journal. */
export function asNote(value: unknown): Note {
  const [entry, more] = parseJournal(Buffer.from(asString(value, 'note'))).entries;
  if (!entry || more) throw new BadField('note: no line of a journal');
  if (entry.kind === 'verdict' || entry.kind === 'deferred' || entry.kind === 'settled') return entry;
  throw new BadField(`note: ${entry.kind} is not a worker's to say`);
}

export function asReportedVerdict(value: unknown): Questions['verdict']['ask'] {
  const fields = asFields(value, 'verdict');
  return { id: asId(fields.id), verdict: asVerdict(fields.verdict, 'verdict') };
}

export function asChunk(value: unknown): { readonly number: number; readonly octets: Buffer } {
  const fields = asFields(value, 'chunk');
  return {
    number: asNumber(fields.number, 'number'),
    octets: Buffer.from(asString(fields.base64, 'base64'), 'base64'),
  };
}

export function asListing(value: unknown): Questions['queue-list']['ask'] {
  const fields = asFields(value, 'listing');
  return { filter: asFilter(fields.filter), limit: asNumber(fields.limit, 'limit') };
}

function asFilter(value: unknown): QueueFilter {
  const { sender, recipient, held, stage, after } = asFields(value, 'filter');
  return {
    ...(sender !== undefined && { sender: asString(sender, 'sender') }),
    ...(recipient !== undefined && { recipient: asString(recipient, 'recipient') }),
    ...(held !== undefined && { held: asFlag(held, 'held') }),
    ...(stage !== undefined && { stage: asStage(stage, 'stage') }),
    ...(after !== undefined && { after: asId(after) }),
  };
}

export function asChange(value: unknown): Questions['queue-change']['ask'] {
  const fields = asFields(value, 'change');
  return {
    act: oneOf(fields.act, 'act', QUEUE_ACTS),
    ids: asList(fields.ids, 'ids', asId),
    by: asString(fields.by, 'by'),
  };
}

export function asWorkerReport(value: unknown): WorkerReport {
  const fields = asFields(value, 'report');
  return {
    process: asProcess(fields.process),
    parts: asList(fields.parts, 'parts', asPart),
    scannersUp: asFlag(fields.scannersUp, 'scannersUp'),
    signaturesAt: orNull(fields.signaturesAt, 'signaturesAt', asNumber),
  };
}

function asProcess(value: unknown): ProcessReport {
  const fields = asFields(value, 'process');
  return {
    roles: asString(fields.roles, 'roles'),
    pid: asNumber(fields.pid, 'pid'),
    startedAt: asNumber(fields.startedAt, 'startedAt'),
    rssBytes: asNumber(fields.rssBytes, 'rssBytes'),
    cpuSeconds: asNumber(fields.cpuSeconds, 'cpuSeconds'),
    loopDelayMs: asNumber(fields.loopDelayMs, 'loopDelayMs'),
    lostEvents: asNumber(fields.lostEvents, 'lostEvents'),
  };
}

function asPart(value: unknown): PartReport {
  const fields = asFields(value, 'part');
  return {
    name: asString(fields.name, 'name'),
    up: asFlag(fields.up, 'up'),
    detail: orNull(fields.detail, 'detail', asString),
  };
}

function asStage(value: unknown, name: string): Stage {
  return oneOf(value, name, STAGES);
}

function asFlag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new BadField(`${name}: neither true nor false`);
  return value;
}
