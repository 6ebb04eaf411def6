/**
 * Mail that does not stop: clients at several doors that send one message after the other, as other servers do. What got
 * no answer, or a temporary one, is sent again until it is accepted.
 */
import type { MessageId } from '../../src/mail/message-id.ts';
import type { Dialogue } from './dialogue.ts';
import { type DoorName, letterText, type Running, type RunningUser, sendOver } from './running.ts';

export interface FlowInput {
  /** Begins every subject. */
  readonly name: string;
  /** A client at each. */
  readonly doors: readonly DoorName[];
  readonly sender: RunningUser;
  readonly to: readonly RunningUser[];
  /** Octets of each body, about. */
  readonly bytes?: number;
  /** Of each client, between two messages. */
  readonly pauseMs?: number;
}

export interface Flow {
  /** By subject. */
  readonly accepted: ReadonlyMap<string, MessageId>;
  /** Messages that were sent more than once. */
  readonly again: number;
  /** Resolves when each client has the answer to its last message. */
  stop(): Promise<void>;
}

const OUTSIDE = 'wong@partner.example';
const LINE = 'Mesyuarat pagi esok jam 9, sila bawa laporan kewangan suku ketiga bersama.';
const BEFORE_RETRY_MS = 20;
const PATIENCE_MS = 45_000;

export function startFlow(running: Running, input: FlowInput): Flow {
  const { name, doors, sender, to, bytes = 100, pauseMs = 0 } = input;
  const accepted = new Map<string, MessageId>();
  const body = Array.from({ length: Math.ceil(bytes / LINE.length) }, () => LINE);
  let again = 0;
  let over = false;

  const sendAll = async (door: DoorName, number: number): Promise<void> => {
    const login = door === 'mx' ? undefined : sender;
    const from = login ?? OUTSIDE;
    let dialogue: Dialogue | null = null;
    for (let count = 0; !over; count++) {
      const subject = `${name} ${number}.${count}`;
      const letter = { door, from, to, content: letterText(from, subject, ...body) };
      const deadline = performance.now() + PATIENCE_MS;
      for (let attempt = 1; ; attempt++) {
        try {
          dialogue ??= await running.connect(door, login);
          const { id, reply } = await sendOver(dialogue, letter);
          if (!id) throw new Error(reply);
          accepted.set(subject, id);
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
          break;
        } catch (error) {
          if (performance.now() > deadline) throw error;
          if (attempt === 1) again++;
          dialogue?.destroy();
          dialogue = null;
          await new Promise((resolve) => setTimeout(resolve, BEFORE_RETRY_MS));
        }
      }
    }
    dialogue?.destroy();
  };

  const sending = Promise.all(doors.map(sendAll));
  // Heard of in `stop`.
  sending.catch(() => {});
  return {
    accepted,
    get again() {
      return again;
    },
    async stop() {
      over = true;
      await sending;
    },
  };
}
