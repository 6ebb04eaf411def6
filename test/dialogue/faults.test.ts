/** What is behind the doors fails, waits or goes away: what the client is told, and what is kept. */
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/mail/finding.ts';
import type { Verdict } from '../../src/mail/verdict.ts';
import { beginMessage, type Doors, openDoors, plainToken, sendMessage } from '../support/doors.ts';
import { PASSWORD } from '../support/fixed-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const CONTENT = 'From: a@victim.test\r\nSubject: x\r\n\r\nx\r\n';
const INTERNAL = /^451-4\.3\.0 .*\n451 4\.3\.0 Temporary error, try later$/;
const SECRET = 'SELECT * FROM secrets at /srv/inside';
const boom = (): never => {
  throw new Error(SECRET);
};

/** Makes commits of these doors wait until `release`. */
function holdCommits(doors: Doors): { readonly begun: () => true | undefined; release(): void } {
  const waiting: (() => void)[] = [];
  doors.spool.plan.commit = () =>
    new Promise((resolve) => {
      waiting.push(() => resolve({ kind: 'stored' }));
    });
  return {
    begun: () => waiting.length > 0 || undefined,
    release: () => {
      for (const go of waiting) go();
    },
  };
}

describe('P7: an unknown error becomes 451 and tells nothing', () => {
  test('at AUTH', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('submission');
    await dialogue.startTls();
    await dialogue.ask('EHLO x.test', /^250/);
    doors.directory.plan.ask = boom;
    await dialogue.ask(`AUTH PLAIN ${plainToken('ali@agency.example', PASSWORD)}`, INTERNAL);
    doors.directory.plan.ask = () => {};
    await dialogue.ask(`AUTH PLAIN ${plainToken('ali@agency.example', PASSWORD)}`, /^235/);
    expect(doors.faults).toHaveLength(1);
  });

  test('at MAIL', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.logIn();
    doors.directory.plan.ask = boom;
    await dialogue.ask('MAIL FROM:<ali@agency.example>', INTERNAL);
    doors.directory.plan.ask = () => {};
    await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
  });

  test('at MAIL from outside', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    doors.directory.plan.ask = boom;
    await dialogue.ask('MAIL FROM:<a@victim.test>', INTERNAL);
    doors.directory.plan.ask = () => {};
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
  });

  test('at DATA, and nothing of the message stays', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    doors.directory.plan.ask = boom;
    await dialogue.send(`${CONTENT}.\r\n`);
    await dialogue.expect(INTERNAL);
    expect(doors.spool).toMatchObject({ open: 0, committed: [] });
  });

  test('again and again, and who goes on is slowed down and sent away; the log is not filled', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
    doors.directory.plan.ask = boom;
    // A hundred are forgiven, nineteen more are errors like all others.
    for (let n = 0; n < 119; n++) await dialogue.ask('RCPT TO:<ali@agency.example>', INTERNAL);
    await dialogue.ask('RCPT TO:<ali@agency.example>', /^421/);
    await dialogue.expectClose();
    expect(doors.faults.length).toBeLessThanOrEqual(60);
  });

  test('at RCPT', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
    doors.directory.plan.ask = boom;
    await dialogue.ask('RCPT TO:<ali@agency.example>', INTERNAL);
    doors.directory.plan.ask = () => {};
    await dialogue.ask('RCPT TO:<ali@agency.example>', /^250/);
  });

  test.each(['begin', 'write', 'commit'] as const)('when the spool fails at %s', async (step) => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    doors.spool.plan[step] = boom;
    await beginMessage(dialogue);
    await dialogue.send(`${CONTENT}.\r\n`);
    await dialogue.expect(INTERNAL);
    expect(doors.spool.committed).toHaveLength(0);
    expect(doors.eventsOf('accepted')).toHaveLength(0);
    expect(doors.faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(doors.events)).not.toContain('secrets');
    // The server is up.
    await doors.connect('mx');
  });

  test('when the spool’s wait fails', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    doors.spool.plan.write = () => Promise.reject(new Error(SECRET));
    await dialogue.send(`${CONTENT}.\r\n`);
    await dialogue.expect(INTERNAL);
    expect(doors.spool.open).toBe(0);
    await dialogue.ask('NOOP', /^250/);
  });
});

describe('the spool', () => {
  test('that is full refuses at MAIL', async () => {
    await using doors = await openDoors();
    doors.spool.plan.full = true;
    const dialogue = await doors.connect('mx');
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^452[- ]4\.3\.1/);
    doors.spool.plan.full = false;
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
  });

  test('that fills up during a message refuses it, and takes the next when there is space', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    doors.spool.plan.commit = () => ({ kind: 'full' });
    expect(await sendMessage(dialogue, CONTENT)).toMatch(/^452[- ]4\.3\.1/);
    doors.spool.plan.commit = () => ({ kind: 'stored' });
    expect(await sendMessage(dialogue, CONTENT)).toMatch(/^250/);
    expect(doors.spool.committed).toHaveLength(1);
  });

  test('whose disk fails answers 451, and nothing is submitted', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    doors.spool.plan.commit = () => ({ kind: 'failed' });
    expect(await sendMessage(dialogue, CONTENT)).toMatch(INTERNAL);
    expect(doors.submitted).toHaveLength(0);
  });

  test('is not answered for before it has synced', async () => {
    await using doors = await openDoors();
    const commits = holdCommits(doors);
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${CONTENT}.\r\nNOOP\r\n`);
    await waitFor('the commit to begin', commits.begun);
    // Another session is served meanwhile, so the first would have been answered by now.
    await (await doors.connect('mx')).ask('NOOP', /^250/);
    expect(doors.submitted).toHaveLength(0);
    expect(doors.eventsOf('accepted')).toHaveLength(0);
    commits.release();
    await dialogue.expect(/^250 2\.6\.0/);
    expect(doors.submitted).toHaveLength(1);
  });

  test('holds a fast client back, and loses nothing', async () => {
    await using doors = await openDoors();
    doors.spool.plan.write = () => new Promise((resolve) => setImmediate(resolve));
    const dialogue = await doors.connect('mx');
    const body = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(60)}\r\n`).join('');
    expect(await sendMessage(dialogue, `Subject: x\r\n\r\n${body}`)).toMatch(/^250/);
    expect(doors.spool.committed[0]?.content.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });
});

describe('a client that leaves', () => {
  test.each(['end', 'destroy'] as const)(
    'in the middle of a message (%s) leaves nothing behind',
    async (how) => {
      await using doors = await openDoors();
      const dialogue = await doors.connect('mx');
      await beginMessage(dialogue);
      await dialogue.send(`${CONTENT}more`);
      await waitFor('the message to come in', () => (doors.spool.heldBytes > 0 ? true : undefined));
      dialogue[how]();
      await waitFor('the message to be dropped', () => (doors.spool.open === 0 ? true : undefined));
      expect(doors.spool.committed).toHaveLength(0);
      expect(doors.eventsOf('accepted')).toHaveLength(0);
    },
  );

  test('after the final dot does not stop the message, which is accepted once', async () => {
    await using doors = await openDoors();
    const commits = holdCommits(doors);
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${CONTENT}.\r\n`);
    await waitFor('the commit to begin', commits.begun);
    dialogue.destroy();
    // A new session's banner comes later than the end of the old one.
    await doors.connect('mx');
    commits.release();
    await waitFor('the message to be accepted', () => doors.eventsOf('accepted').length === 1 || undefined);
    expect(doors.submitted).toHaveLength(1);
    expect(doors.spool.committed).toHaveLength(1);
  });
});

describe('the verdict', () => {
  const REFUSING = { infected: 'virus', spam: 'spam' } as const;
  const findingsOf = (kind: Verdict['kind']): Finding[] =>
    kind === 'infected' || kind === 'spam'
      ? [{ reason: REFUSING[kind], detail: 'x', part: null, action: 'refuse' }]
      : [];
  const verdict = (kind: Verdict['kind']): Verdict => ({
    kind,
    action: findingsOf(kind).length > 0 ? 'refuse' : 'deliver',
    findings: findingsOf(kind),
    signature: null,
    score: 0,
    junkScore: 6,
    symbols: [],
  });
  const withVerdict = (kind: Verdict['kind'], told: string[] = []): Promise<Doors> =>
    openDoors({
      door: { verdictWaitMs: 10_000 },
      onSubmit: (id, verdicts) =>
        setImmediate(() => void verdicts.report(id, verdict(kind)).then((end) => told.push(end))),
    });

  test.each([
    ['infected', /^554-5\.7\.1 .*virus.*\n554 5\.7\.1 .*virus found$/],
    ['spam', /^554-5\.7\.1 .*\n554 5\.7\.1 .*spam$/],
  ] as const)('%s in time refuses the message, and the spool drops it', async (kind, reply) => {
    const told: string[] = [];
    await using doors = await withVerdict(kind, told);
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, CONTENT)).toMatch(reply);
    const [message] = doors.spool.committed;
    expect(doors.spool.refused).toEqual([message?.envelope.id]);
    expect(told).toEqual(['refused']);
    expect(doors.eventsOf('accepted')).toHaveLength(0);
    const recipients = message?.envelope.recipients.map(({ address, agencyId }) => ({ address, agencyId }));
    expect(recipients).toHaveLength(1);
    expect(doors.eventsOf('refused')).toMatchObject([
      { id: message?.envelope.id, command: 'DATA', recipient: null, recipients, reasons: [REFUSING[kind]] },
    ]);
    // The session goes on.
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
  });

  test.each(['clean', 'junk', 'unscannable'] as const)('%s in time accepts the message', async (kind) => {
    const told: string[] = [];
    await using doors = await withVerdict(kind, told);
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, CONTENT)).toMatch(/^250/);
    expect(told).toEqual(['accepted']);
    expect(doors.spool.refused).toHaveLength(0);
    expect(doors.eventsOf('accepted')).toHaveLength(1);
  });

  test('that comes late finds the message accepted', async () => {
    let report = async (): Promise<string> => 'nothing submitted';
    await using doors = await openDoors({
      door: { verdictWaitMs: 20 },
      onSubmit: (id, verdicts) => {
        report = () => verdicts.report(id, verdict('infected'));
      },
    });
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, CONTENT)).toMatch(/^250/);
    expect(await report()).toBe('accepted');
    expect(doors.spool.refused).toHaveLength(0);
  });

  test('that no scanner will give soon is not waited for', async () => {
    await using doors = await openDoors({
      door: { verdictWaitMs: 600_000 },
      onSubmit: (id, verdicts) => setImmediate(() => verdicts.giveUp(id)),
    });
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, CONTENT)).toMatch(/^250/);
  });

  test.each([
    ['a scanner is down', { scannersUp: () => false }],
    ['the queue is not available', { queueAvailable: false }],
    ['everything is discarded', { discard: true }],
    ['the door does not wait', { door: { verdictWaitMs: 0 } }],
  ])('is not waited for when %s', async (_, options) => {
    const told: string[] = [];
    await using doors = await openDoors({
      door: { verdictWaitMs: 600_000 },
      ...options,
      onSubmit: (id, verdicts) => void verdicts.report(id, verdict('infected')).then((end) => told.push(end)),
    });
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, CONTENT)).toMatch(/^250/);
    expect(told).toEqual(['accepted']);
  });

  test('on a message whose client has left accepts it', async () => {
    let report = async (): Promise<string> => 'nothing submitted';
    await using doors = await openDoors({
      door: { verdictWaitMs: 600_000 },
      onSubmit: (id, verdicts) => {
        report = () => verdicts.report(id, verdict('infected'));
      },
    });
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${CONTENT}.\r\n`);
    await waitFor('the message to be submitted', () => doors.submitted.length === 1 || undefined);
    dialogue.destroy();
    await waitFor('the message to be accepted', () => doors.eventsOf('accepted').length === 1 || undefined);
    expect(await report()).toBe('accepted');
    expect(doors.spool.refused).toHaveLength(0);
  });
});

describe('a stop', () => {
  test('tells idle sessions, and lets no new ones in', async () => {
    const doors = await openDoors();
    const dialogue = await doors.connect('mx');
    const secured = await doors.logIn();
    const stopped = doors.receiver[Symbol.asyncDispose]();
    for (const session of [dialogue, secured]) {
      await session.expect(/^421[- ]4\.3\.2/);
      await session.expectClose();
    }
    await stopped;
    await expect(doors.connect('mx')).rejects.toThrow();
  });

  test('in the middle of a message answers 421 and leaves nothing behind', async () => {
    const doors = await openDoors();
    const dialogues = await Promise.all(Array.from({ length: 20 }, () => doors.connect('mx')));
    for (const dialogue of dialogues) {
      await beginMessage(dialogue);
      await dialogue.send(`${CONTENT}more\r\n`);
    }
    const stopped = doors.receiver[Symbol.asyncDispose]();
    for (const dialogue of dialogues) {
      await dialogue.expect(/^421[- ]4\.3\.2/);
      await dialogue.expectClose();
    }
    await stopped;
    expect(doors.spool.open).toBe(0);
    expect(doors.spool.committed).toHaveLength(0);
  });

  test('of the server’s lifecycle begins the stop of the doors', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    void doors.lifecycle.stop(0);
    await dialogue.expect(/^421[- ]4\.3\.2/);
  });

  test('waits for a message whose last octet has come, and gives its answer', async () => {
    const doors = await openDoors();
    const commits = holdCommits(doors);
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${CONTENT}.\r\n`);
    await waitFor('the commit to begin', commits.begun);
    const stopped = doors.receiver[Symbol.asyncDispose]();
    commits.release();
    await dialogue.expect(/^250 2\.6\.0/);
    await dialogue.expect(/^421[- ]4\.3\.2/);
    await dialogue.expectClose();
    await stopped;
    expect(doors.eventsOf('accepted')).toHaveLength(1);
  });

  test('does not wait for a verdict', async () => {
    const doors = await openDoors({ door: { verdictWaitMs: 600_000 } });
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${CONTENT}.\r\n`);
    await waitFor('the message to be submitted', () => doors.submitted.length === 1 || undefined);
    const stopped = doors.receiver[Symbol.asyncDispose]();
    await dialogue.expect(/^250/);
    dialogue.destroy();
    await stopped;
  });

  test.each(['submissions', 'mx'] as const)('is not held up by a handshake under way on %s', async (door) => {
    const doors = await openDoors();
    const socket = connect(doors.receiver.addresses[door][0]?.port ?? 0, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    if (door === 'mx') {
      socket.write(await nextLine(socket, 'EHLO x.test\r\n'));
      socket.write(await nextLine(socket, 'STARTTLS\r\n'));
      await nextLine(socket, '');
    } else await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    socket.write('\x16\x03\x01', 'latin1');
    socket.resume();
    await doors.receiver[Symbol.asyncDispose]();
    await closed;
  });
});

function nextLine(socket: Socket, answer: string): Promise<string> {
  return new Promise((resolve) => socket.once('data', () => resolve(answer)));
}
