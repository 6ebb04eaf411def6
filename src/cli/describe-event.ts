/** Events of the delivery log in plain words; what SMTP said stands apart, for those who read it. */
import type { RecordedEvent } from '../http/resources.ts';
import { formatDuration, formatSize } from '../lib/units.ts';
import { senderOf, several } from './addresses.ts';
import type { Style } from './parts.ts';
import { findingsInWords } from './reason-words.ts';
import type { Times } from './times.ts';
import { discardedBecause, keptBecause } from './words.ts';

export interface Description {
  readonly meaning: string;
  /** Null: nothing was said. */
  readonly smtp: string | null;
  /** Null: neither good nor bad. */
  readonly style: Style | null;
}

export function describeEvent(event: RecordedEvent, times: Times): Description {
  switch (event.kind) {
    case 'accepted':
      return { meaning: acceptedMeaning(event), smtp: null, style: null };
    case 'scanned':
      return describeScanned(event);
    case 'refused':
      return { meaning: refusedMeaning(event), smtp: event.reply, style: 'bad' };
    case 'login-failed': {
      const meaning = `Login failed for "${event.name}" at ${event.door}, from ${event.client.address}`;
      return { meaning, smtp: null, style: 'bad' };
    }
    case 'deferred': {
      const what = event.stage === 'scan' ? 'scanning' : `delivery to ${several(event.recipients)}`;
      const meaning = `Waits: ${what} failed (attempt ${event.attempt}), next try ${times.format(event.nextTryAt)}`;
      return { meaning, smtp: event.reason, style: 'warning' };
    }
    case 'delivered': {
      const after = formatDuration(Math.max(0, event.afterMs));
      const meaning = `Delivered to ${event.recipient}, folder ${event.folder}, after ${after}`;
      return { meaning, smtp: event.reply, style: 'good' };
    }
    case 'bounced': {
      const meaning = `Not deliverable to ${event.recipient}; the sender is told by ${event.bounce}`;
      return { meaning, smtp: event.reply, style: 'bad' };
    }
    case 'quarantined': {
      const meaning = `Kept in quarantine, not delivered to ${event.recipient}: ${keptBecause(event.reason)}`;
      return { meaning, smtp: null, style: 'bad' };
    }
    case 'discarded': {
      const meaning = `Not delivered to ${event.recipient}, and nobody is told: ${discardedBecause(event.rule)}`;
      return { meaning, smtp: event.reply || null, style: 'bad' };
    }
    case 'queue-act':
      return { meaning: ACT_MEANINGS[event.act](event.by), smtp: null, style: 'warning' };
    case 'released': {
      const how = event.force ? `${event.by}, by force` : event.by;
      const meaning = `Let out of quarantine for ${several(event.recipients)} by ${how}, as ${event.child}`;
      return { meaning, smtp: null, style: 'good' };
    }
    case 'purged': {
      const why = event.by === null ? 'its time was over' : `by ${event.by}`;
      const meaning = `Deleted from quarantine for ${several(event.recipients)}: ${why}`;
      return { meaning, smtp: null, style: 'warning' };
    }
    default:
      return unknownKind(event);
  }
}

type QueueAct = Extract<RecordedEvent, { kind: 'queue-act' }>['act'];

const ACT_MEANINGS: Readonly<Record<QueueAct, (by: string) => string>> = {
  retry: (by) => `Due at once, by ${by}`,
  hold: (by) => `Held by ${by}: nobody works on it until it is let go`,
  release: (by) => `Let go by ${by}`,
  drop: (by) => `Dropped by ${by}`,
};

function acceptedMeaning(event: Extract<RecordedEvent, { kind: 'accepted' }>): string {
  const made = event.door === 'internal' ? 'Made here' : `Accepted at ${event.door}`;
  const how = event.recovered ? 'Found in the spool after a restart' : made;
  const from = event.client ? ` from ${event.client.address}` : '';
  const to = several(event.recipients.map((recipient) => recipient.address));
  return `${how}${from}: ${senderOf(event.sender)} to ${to}, ${formatSize(event.sizeBytes)}`;
}

function refusedMeaning(event: Extract<RecordedEvent, { kind: 'refused' }>): string {
  const sender = event.sender === undefined ? '' : ` from ${senderOf(event.sender)}`;
  const given = event.recipient === null ? [] : [event.recipient];
  const named = event.recipients?.map(({ address }) => address) ?? given;
  const recipient = named.length === 0 ? '' : ` to ${several(named)}`;
  const login = event.login === null ? '' : `, logged in as ${event.login}`;
  const client = `client ${event.client.address}${login}`;
  const why = findingsInWords(event.findings?.filter(({ action }) => action === 'refuse') ?? []);
  return `Refused at ${event.door} (${event.command})${sender}${recipient}, ${client}${why && `: ${why}`}`;
}

const VERDICT_STYLES = { deliver: 'good', junk: 'warning', quarantine: 'warning', refuse: 'bad' } as const;
/** `kind` and score tell of these. */
const OF_SCANNERS: readonly string[] = ['virus', 'unscannable', 'spam', 'junk'];

function describeScanned(event: Extract<RecordedEvent, { kind: 'scanned' }>): Description {
  const { action, findings, kind, signature, score, junkScore, symbols } = event.verdict;
  const what = signature === null ? kind : `${kind} (${signature})`;
  // A virus is decided without the spam filter, which has then no score.
  const scored = junkScore > 0 ? `, score ${score} (junk from ${junkScore})` : '';
  const seen = findingsInWords(findings.filter(({ reason }) => !OF_SCANNERS.includes(reason)));
  const meaning = `Scanned in ${formatDuration(event.tookMs)}: ${what}${scored}${seen && `; ${seen}`}`;
  return { meaning, smtp: symbols.length > 0 ? symbols.join(', ') : null, style: VERDICT_STYLES[action] };
}

/** A newer server may know more kinds than this command. */
function unknownKind(event: never): Description {
  const { kind } = event as { kind?: unknown };
  return { meaning: String(kind), smtp: null, style: null };
}
