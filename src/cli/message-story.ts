/** The events of one message, told as stories: what happened to the whole, and what to each recipient. */
import type { RecordedEvent } from '../http/resources.ts';

export interface Stories {
  readonly message: readonly RecordedEvent[];
  /** In the order of the envelope, then in that of the events. */
  readonly recipients: ReadonlyMap<string, readonly RecordedEvent[]>;
}

export function storiesOf(events: readonly RecordedEvent[]): Stories {
  const message: RecordedEvent[] = [];
  const recipients = new Map<string, RecordedEvent[]>();
  const storyOf = (address: string): RecordedEvent[] => {
    const story = recipients.get(address) ?? [];
    recipients.set(address, story);
    return story;
  };
  for (const event of events) {
    if (event.kind === 'accepted') for (const { address } of event.recipients) storyOf(address);
    const concerned = recipientsOf(event);
    if (concerned.length === 0) message.push(event);
    for (const address of concerned) storyOf(address).push(aboutOne(event, address));
  }
  return { message, recipients };
}

/** None: it is about the whole message. */
function recipientsOf(event: RecordedEvent): readonly string[] {
  switch (event.kind) {
    case 'delivered':
    case 'bounced':
    case 'quarantined':
    case 'discarded':
      return [event.recipient];
    case 'deferred':
      return event.stage === 'deliver' ? event.recipients : [];
    case 'released':
    case 'purged':
      return event.recipients;
    default:
      return [];
  }
}

/** The part of an event about several that is about this one. */
function aboutOne(event: RecordedEvent, address: string): RecordedEvent {
  const isAboutSeveral = event.kind === 'deferred' || event.kind === 'released' || event.kind === 'purged';
  return isAboutSeveral ? { ...event, recipients: [address] } : event;
}

/** What a message is to the one whose events these are. */
export function relationOf(events: readonly RecordedEvent[], child: string): string {
  for (const event of events) {
    if (event.kind === 'bounced' && event.bounce === child) return 'its bounce to the sender';
    if (event.kind === 'released' && event.child === child) return 'its release from quarantine';
  }
  return 'made from it';
}
