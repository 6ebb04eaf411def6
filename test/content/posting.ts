/** Samples sent to a real server through its doors, several connections at once; each from an address of its own (`aminah+mx.12@…`), so that the log tells them apart. */
import type { RecordedEvent } from '../../src/http/resources.ts';
import type { Direction } from '../../src/mail/finding.ts';
import { connectDialogue, type Dialogue } from '../support/dialogue.ts';
import { plainToken } from '../support/doors.ts';
import {
  type Answer,
  type DoorName,
  logLines,
  type Running,
  type RunningUser,
  sendOver,
  startRunning,
} from '../support/running.ts';
import type { Build } from './build-message.ts';

export interface Post<Sample> {
  readonly sample: Sample;
  readonly door: PostDoor;
  /** Of its Message-ID, before the "@"; the detail of its envelope's sender, too. */
  readonly id: string;
  readonly sender: string;
  readonly answer: Answer;
}

export type PostDoor = Extract<DoorName, 'mx' | 'submission'>;
export const POST_DOORS: readonly PostDoor[] = ['mx', 'submission'];
/** All recipients are ours. */
export const DIRECTION_AT: Readonly<Record<PostDoor, Direction>> = { mx: 'in', submission: 'within' };

const OUTSIDE = 'wong@partner.example';
const CONNECTIONS = 4;
/** The log tells of 60 refusals a minute of each client, so there are many clients. */
const PER_ADDRESS = 50;
let clients = 0;
const PATIENCE_MS = 90_000;

export interface Office extends AsyncDisposable {
  readonly running: Running;
  readonly sender: RunningUser;
  readonly recipient: RunningUser;
  /** Every sample through both doors. */
  postAll<Sample extends { readonly build: Build }>(samples: readonly Sample[]): Promise<Post<Sample>[]>;
  /** Latin-1, as it was sent. */
  contentOf(post: Post<{ readonly build: Build }>): string;
}

/** As shipped, but for patience: a client may make mistakes without end, and waits for its verdict. */
export async function openOffice(): Promise<Office> {
  const running = await startRunning({
    GEGANTI_LIMITS_SOFT_ERRORS: '100000',
    GEGANTI_LIMITS_HARD_ERRORS: '100000',
    GEGANTI_LIMITS_JUNK_COMMANDS: '100000',
    GEGANTI_DOORS_MX_VERDICT_WAIT: '60 s',
    GEGANTI_DOORS_SUBMISSION_VERDICT_WAIT: '60 s',
  });
  const sender = await running.addUser({ address: 'aminah@moh.example' });
  const recipient = await running.addUser({ address: 'siti@moh.example', quotaBytes: 2 ** 32 });
  const fromAt = (door: PostDoor): string => (door === 'mx' ? OUTSIDE : sender.address);
  const contentOf: Office['contentOf'] = ({ sample, door, id }) => {
    const content = sample.build({ from: fromAt(door), to: recipient.address, id });
    // RFC 5321 §4.1.1.4
    return content.endsWith('\r\n') ? content : `${content}\r\n`;
  };

  async function postVia<Sample extends { readonly build: Build }>(
    door: PostDoor,
    samples: readonly Sample[],
  ): Promise<Post<Sample>[]> {
    const posts: Post<Sample>[] = [];
    const waiting = samples.entries();
    const work = async (): Promise<void> => {
      let dialogue: Dialogue | null = null;
      let sent = 0;
      for (const [number, sample] of waiting) {
        if (sent++ % PER_ADDRESS === 0) {
          dialogue?.destroy();
          dialogue = null;
        }
        dialogue ??= await connect(running, door, sender);
        const id = `${door}.${number}`;
        const from = fromAt(door).replace('@', `+${id}@`);
        const post = { sample, door, id, sender: from };
        const answer = await sendOver(dialogue, {
          door,
          from,
          to: [recipient],
          content: contentOf({ ...post, answer: NONE }),
        });
        posts.push({ ...post, answer });
      }
      dialogue?.destroy();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    return posts;
  }

  return {
    running,
    sender,
    recipient,
    contentOf,
    async postAll(samples) {
      const all = await Promise.all(POST_DOORS.map((door) => postVia(door, samples)));
      return all.flat();
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

const NONE: Answer = { reply: '', id: null, tookMs: 0 };

async function connect(running: Running, door: PostDoor, login: RunningUser): Promise<Dialogue> {
  const at = { address: '127.0.0.1', port: await running.port(door) };
  clients++;
  const localAddress = `127.0.${1 + Math.floor(clients / 200)}.${1 + (clients % 200)}`;
  const dialogue = await connectDialogue(at, { waitMs: PATIENCE_MS, localAddress });
  await dialogue.expect(/^220 /);
  await dialogue.ask('EHLO client.test', /^250/);
  if (door === 'mx') return dialogue;
  await dialogue.startTls();
  await dialogue.ask('EHLO client.test', /^250/);
  await dialogue.ask(`AUTH PLAIN ${plainToken(login.address, login.password)}`, /^235/);
  return dialogue;
}

/** The events of each message, by the address that it was sent from. */
export function eventsBySender(data: string): ReadonlyMap<string, readonly RecordedEvent[]> {
  const lines = logLines(data);
  const senders = new Map<string | null, string>();
  for (const line of lines) if (line.kind === 'accepted') senders.set(line.id, line.sender ?? '');
  const found = new Map<string, RecordedEvent[]>();
  for (const line of lines) {
    const sender = line.kind === 'refused' ? line.sender : senders.get(line.id);
    const told = found.get(sender ?? '') ?? [];
    found.set(sender ?? '', [...told, line]);
  }
  return found;
}

/** Whose messages these headers are: `id` of a post. */
export function idsIn(headers: readonly string[]): string[] {
  return headers.flatMap((header) => /^message-id:\s*<([^@>]+)@/im.exec(header)?.[1] ?? []);
}
