/** Which sums the events of the delivery log add to. Pure: `metrics.ts` keeps the sums. */
import { ACTIONS, type Finding, REASONS } from '../mail/finding.ts';
import { DISCARD_RULES, QUARANTINE_REASONS } from '../mail/outcome.ts';
import type { RecordedEvent } from './resources.ts';

export type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** The label values that are known beforehand. */
  readonly known: readonly Labels[];
}

export interface HistogramMetric {
  readonly name: string;
  readonly help: string;
  readonly buckets: readonly number[];
}

export interface Count {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const DOORS = ['mx', 'submission', 'submissions'];
const STAGES = ['scan', 'deliver'];
const FOLDERS = ['INBOX', 'Junk'];
const VERDICTS = ['clean', 'junk', 'spam', 'infected', 'unscannable'];

export const COUNTERS: readonly CounterMetric[] = [
  counter('geganti_messages_accepted_total', 'Messages accepted', 'door', [...DOORS, 'internal']),
  {
    name: 'geganti_refusals_total',
    help: 'Commands and messages that were refused at the door; reply: code and enhanced code',
    labels: ['door', 'class', 'reply'],
    known: [],
  },
  counter('geganti_logins_failed_total', 'Logins that failed', 'door', DOORS),
  counter('geganti_messages_scanned_total', 'Messages scanned', 'verdict', VERDICTS),
  {
    name: 'geganti_findings_total',
    help: 'What content rules and scanners found in messages; action: what is done about it',
    labels: ['reason', 'action'],
    known: REASONS.flatMap((reason) => ACTIONS.map((action) => ({ reason, action }))),
  },
  counter('geganti_deferrals_total', 'Attempts that are to be made again later', 'stage', STAGES),
  counter('geganti_recipients_delivered_total', 'Recipients that have the message', 'folder', FOLDERS),
  {
    name: 'geganti_recipients_bounced_total',
    help: 'Recipients that could not be reached; the sender was told',
    labels: [],
    known: [{}],
  },
  counter(
    'geganti_recipients_quarantined_total',
    'Recipients from whom a message is kept',
    'reason',
    QUARANTINE_REASONS,
  ),
  counter(
    'geganti_recipients_discarded_total',
    'Recipients given up without a word to the sender',
    'rule',
    DISCARD_RULES,
  ),
];

export const HISTOGRAMS: readonly HistogramMetric[] = [
  {
    name: 'geganti_scan_duration_seconds',
    help: 'Time that the scanners and the look into the content took for a message',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  {
    name: 'geganti_delivery_delay_seconds',
    help: 'Time from acceptance to delivery, for each recipient',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 28_800, 86_400],
  },
  {
    name: 'geganti_message_size_bytes',
    help: 'Size of the messages accepted',
    buckets: [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 8_388_608, 16_777_216, 33_554_432],
  },
];

export function countsOf(event: RecordedEvent): Count[] {
  switch (event.kind) {
    case 'accepted':
      return acceptedCounts(event);
    case 'refused':
      return [
        count('geganti_refusals_total', { door: event.door, ...replyLabels(event.reply) }),
        // With an id it was scanned, and its findings were counted with that.
        ...(event.id === null ? findingCounts(event.findings ?? []) : []),
      ];
    case 'login-failed':
      return [count('geganti_logins_failed_total', { door: event.door })];
    case 'scanned':
      return [
        count('geganti_messages_scanned_total', { verdict: event.verdict.kind }),
        count('geganti_scan_duration_seconds', {}, event.tookMs / 1000),
        ...findingCounts(event.verdict.findings),
      ];
    case 'deferred':
      return [count('geganti_deferrals_total', { stage: event.stage })];
    case 'delivered':
      return [
        count('geganti_recipients_delivered_total', { folder: event.folder }),
        count('geganti_delivery_delay_seconds', {}, event.afterMs / 1000),
      ];
    case 'bounced':
      return [count('geganti_recipients_bounced_total', {})];
    case 'quarantined':
      return [count('geganti_recipients_quarantined_total', { reason: event.reason })];
    case 'discarded':
      return [count('geganti_recipients_discarded_total', { rule: event.rule })];
    case 'queue-act':
    case 'released':
    case 'purged':
      return [];
    default:
      return event satisfies never;
  }
}

/** A message found in the spool after a crash had been accepted before. */
function acceptedCounts({
  door,
  sizeBytes,
  recovered,
}: Extract<RecordedEvent, { kind: 'accepted' }>): Count[] {
  if (recovered) return [];
  return [
    count('geganti_messages_accepted_total', { door }),
    count('geganti_message_size_bytes', {}, sizeBytes),
  ];
}

function findingCounts(findings: readonly Finding[]): Count[] {
  return findings.map(({ reason, action }) => count('geganti_findings_total', { reason, action }));
}

/** "550 5.1.1 …" → class "5xx", reply "550 5.1.1". Our own catalogue has few of them. */
function replyLabels(text: string): Labels {
  const [reply = 'other', code = 'o'] = /^([45])\d\d(?: [45]\.\d{1,3}\.\d{1,3})?/.exec(text) ?? [];
  return { class: code === 'o' ? 'other' : `${code}xx`, reply };
}

function count(name: string, labels: Labels, value = 1): Count {
  return { name, labels, value };
}

function counter(name: string, help: string, label: string, values: readonly string[]): CounterMetric {
  return { name, help, labels: [label], known: values.map((value) => ({ [label]: value })) };
}
