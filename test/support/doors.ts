/**
 * The doors of a real receiver on free ports of loopback, with stand-ins behind it that remember what they were
 * given. `await using doors = await openDoors()`; then `doors.connect('mx')`.
 */
import { createLiveSettings, type LiveSettings } from '../../src/config/live.ts';
import type { Settings } from '../../src/config/settings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLifecycle, type Lifecycle } from '../../src/lib/lifecycle.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import type { MessageId } from '../../src/mail/message-id.ts';
import { createVerdicts, type Verdicts } from '../../src/queue/verdicts.ts';
import type { AgencyCodes } from '../../src/receive/agency-codes.ts';
import { type BoundDoors, bindDoors, createReceiver, type Receiver } from '../../src/receive/receiver.ts';
import type { DoorName } from '../../src/receive/session-types.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import { connectDialogue, type Dialogue } from './dialogue.ts';
import { createFakeSpool, type FakeSpool } from './fake-spool.ts';
import { createFixedDirectory, type FixedDirectory, PASSWORD } from './fixed-directory.ts';
import { defaultSettings } from './settings.ts';
import { testCertificate } from './test-certificate.ts';

const HOSTNAME = 'mail.agency.example';

/** As shipped, but for what one test process needs: free ports, and as many connections as it likes. */
const SHIPPED = defaultSettings();
const DOOR = {
  ...SHIPPED.doors.mx,
  addresses: ['127.0.0.1'],
  port: 0,
  verdictWaitMs: 0,
  maxConnectionsPerAddress: 1_000,
};
const LIMITS = { ...SHIPPED.limits, connections: 10_000 };

export interface DoorsOptions {
  readonly limits?: Partial<Settings['limits']>;
  readonly door?: Partial<Settings['doors']['mx']>;
  readonly discard?: boolean;
  readonly scannersUp?: () => boolean;
  readonly queueAvailable?: boolean;
  /** Absent: codes are like "agency.example". */
  readonly agencies?: AgencyCodes;
  /** Called when a message is submitted to the queue. */
  readonly onSubmit?: (id: MessageId, verdicts: Verdicts) => void;
  /** False: the doors are bound, and `receiver.open()` is the test's. */
  readonly open?: boolean;
}

export interface Doors extends AsyncDisposable {
  readonly receiver: Receiver;
  readonly bound: BoundDoors;
  /** A reload of these takes effect. */
  readonly settings: LiveSettings;
  readonly spool: FakeSpool;
  readonly directory: FixedDirectory;
  readonly lifecycle: Lifecycle;
  readonly events: TraceEvent[];
  readonly submitted: MessageId[];
  /** Errors that were logged. */
  readonly faults: object[];
  /** Warnings that were logged: the facts of each. */
  readonly warnings: object[];
  /** Moves the clock on; nothing waits for it. */
  pass(ms: number): void;
  /** How long answers were held back. Nothing really waits. */
  readonly delays: number[];
  /** A new connection; the banner is not read yet. */
  connect(door: DoorName, options?: { greet?: boolean }): Promise<Dialogue>;
  /** A session of ali@agency.example, under TLS and logged in. */
  logIn(door?: 'submission' | 'submissions'): Promise<Dialogue>;
  eventsOf<Kind extends TraceEvent['kind']>(kind: Kind): Extract<TraceEvent, { kind: Kind }>[];
}

export async function openDoors(options: DoorsOptions = {}): Promise<Doors> {
  const spool = createFakeSpool();
  const directory = createFixedDirectory();
  const lifecycle = createLifecycle();
  const verdicts = createVerdicts();
  const events: TraceEvent[] = [];
  const submitted: MessageId[] = [];
  const faults: object[] = [];
  const delays: number[] = [];
  const warnings: object[] = [];
  const log: Log = {
    ...silentLog,
    error: (facts) => faults.push(facts),
    warn: (facts) => warnings.push(facts),
  };
  let passedMs = 0;
  const door = { ...DOOR, ...options.door };
  const settings = createLiveSettings({
    ...SHIPPED,
    hostname: HOSTNAME,
    doors: { mx: door, submission: { ...door }, submissions: { ...door } },
    limits: { ...LIMITS, ...options.limits },
  });

  const bound = await bindDoors({ settings: settings.current, log });
  const receiver = createReceiver({
    doors: bound,
    settings: settings.current,
    tls: testCertificate(),
    directory,
    agencies: options.agencies ?? { codesOf: async (ids) => [...new Set(ids)] },
    spool,
    queue: {
      available: options.queueAvailable ?? true,
      submit(id) {
        submitted.push(id);
        options.onSubmit?.(id, verdicts);
      },
    },
    verdicts,
    trace: { record: (event) => events.push(event) },
    clock: {
      ...systemClock,
      elapsedMs: () => systemClock.elapsedMs() + passedMs,
      async sleep(ms, signal) {
        // Only what holds an answer back takes a signal.
        if (signal) delays.push(ms);
        else await systemClock.sleep(ms);
      },
    },
    log,
    lifecycle,
    scannersUp: options.scannersUp ?? (() => true),
    discard: options.discard ?? false,
  });
  if (options.open ?? true) receiver.open();
  const { addresses } = receiver;
  const dialogues: Dialogue[] = [];

  const connect: Doors['connect'] = async (name, { greet = true } = {}) => {
    const address = addresses[name][0];
    if (!address) throw new Error(`${name} is not open`);
    const dialogue = await connectDialogue(address, { tls: name === 'submissions' });
    dialogues.push(dialogue);
    if (greet) {
      await dialogue.expect(/^220 /);
      await dialogue.ask('EHLO client.test', /^250/);
    }
    return dialogue;
  };

  return {
    receiver,
    bound,
    settings,
    spool,
    directory,
    lifecycle,
    events,
    submitted,
    faults,
    warnings,
    pass(ms) {
      passedMs += ms;
    },
    delays,
    connect,
    async logIn(door = 'submission') {
      const dialogue = await connect(door);
      if (door === 'submission') {
        await dialogue.startTls();
        await dialogue.ask('EHLO client.test', /^250/);
      }
      await dialogue.ask(`AUTH PLAIN ${plainToken('ali@agency.example', PASSWORD)}`, /^235/);
      return dialogue;
    },
    eventsOf: <Kind extends TraceEvent['kind']>(kind: Kind) =>
      events.filter((event): event is Extract<TraceEvent, { kind: Kind }> => event.kind === kind),
    async [Symbol.asyncDispose]() {
      for (const dialogue of dialogues) dialogue.destroy();
      await receiver[Symbol.asyncDispose]();
      await bound[Symbol.asyncDispose]();
    },
  };
}

export function plainToken(name: string, password: string, onBehalfOf = ''): string {
  return Buffer.from(`${onBehalfOf}\0${name}\0${password}`).toString('base64');
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** MAIL, RCPT and DATA, up to the 354. From outside, unless a sender is given: who is logged in gives the own address. */
export async function beginMessage(
  dialogue: Dialogue,
  sender = 'wong@partner.example',
  recipient = 'siti@agency.example',
): Promise<void> {
  await dialogue.ask(`MAIL FROM:<${sender}>`, /^250 /);
  await dialogue.ask(`RCPT TO:<${recipient}>`, /^250 /);
  await dialogue.ask('DATA', /^354 /);
}

/** Sends a whole message, given without its final dot, and returns the answer. */
export async function sendMessage(dialogue: Dialogue, content: string, sender?: string): Promise<string> {
  await beginMessage(dialogue, sender);
  await dialogue.send(`${content}.\r\n`);
  return await dialogue.expect(/^\d{3}/);
}
