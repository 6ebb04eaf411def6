/** STARTTLS and TLS from the first octet: what was said in clear is forgotten, and nothing may be slipped in. */
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dialogue } from '../support/dialogue.ts';
import { beginMessage, type Doors, openDoors, plainToken } from '../support/doors.ts';
import { PASSWORD } from '../support/fixed-directory.ts';
import { newTestCertificate, testCertificate } from '../support/test-certificate.ts';
import { waitFor } from '../support/wait-for.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors[Symbol.asyncDispose]());

test('a command slipped in behind STARTTLS is gone', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.send('STARTTLS\r\nMAIL FROM:<inj@victim.test>\r\n');
  await dialogue.expect(/^220 /);
  await dialogue.handshake();
  await dialogue.ask('RCPT TO:<siti@agency.example>', /^503/);
  await dialogue.ask('NOOP', /^250/);
});

test('200 lines slipped in behind STARTTLS are gone', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.send(`STARTTLS\r\n${'NOOP\r\n'.repeat(200)}`);
  await dialogue.expect(/^220 /);
  await dialogue.handshake();
  await dialogue.ask('VRFY x', /^252/);
});

test('the name of EHLO in clear is forgotten in TLS', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.startTls();
  await dialogue.ask('MAIL FROM:<a@victim.test>', /^503[- ]5\.5\.1 .*EHLO/);
});

test('STARTTLS twice is refused', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.startTls();
  await dialogue.ask('EHLO x.test', /^250/);
  await dialogue.ask('STARTTLS', /^503/);
});

test('STARTTLS on submissions is refused, and not offered', async () => {
  const dialogue = await doors.connect('submissions');
  expect(await dialogue.ask('EHLO x.test', /^250/)).not.toContain('STARTTLS');
  await dialogue.ask('STARTTLS', /^503/);
});

test('STARTTLS with a parameter is refused', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('STARTTLS now', /^501/);
});

test('STARTTLS within a transaction is refused', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
  await dialogue.ask('STARTTLS', /^503/);
});

test.each(['mx', 'submission'] as const)('STARTTLS is offered on %s until it is used', async (door) => {
  const dialogue = await doors.connect(door);
  expect(await dialogue.ask('EHLO x.test', /^250/)).toContain('STARTTLS');
  await dialogue.startTls();
  expect(await dialogue.ask('EHLO x.test', /^250/)).not.toContain('STARTTLS');
});

test('TLS 1.1 is refused', async () => {
  const dialogue = await doors.connect('mx');
  await expect(dialogue.startTls({ version: 'TLSv1.1' })).rejects.toThrow();
});

test('submissions is TLS from the first octet, and delivers', async () => {
  const dialogue = await doors.connect('submissions');
  await dialogue.ask(`AUTH PLAIN ${plainToken('ali@agency.example', PASSWORD)}`, /^235/);
  await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
  await dialogue.ask('RCPT TO:<siti@agency.example>', /^250/);
  await dialogue.ask('DATA', /^354/);
  await dialogue.say('From: ali@agency.example', '', 'x', '.');
  await dialogue.expect(/^250 2\.6\.0/);
  expect(doors.spool.committed.at(-1)?.envelope.client?.tls).toMatch(/^TLSv1\.3 TLS_/);
});

test.each([
  ['mx', 'STARTTLS\r\n\x16\x03\x01'],
  ['submissions', '\x16\x03\x01'],
] as const)('a handshake that never completes is closed on %s', async (door, octets) => {
  await using hasty = await openDoors({ limits: { handshakeMs: 50 } });
  const [address] = hasty.receiver.addresses[door];
  const socket = connect(address?.port ?? 0, '127.0.0.1');
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', () => {});
  if (door === 'mx') {
    await new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.write('EHLO x.test\r\n');
  } else socket.resume();
  if (door === 'mx') await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.on('data', () => {});
  socket.write(octets, 'latin1');
  await waitFor('the connection to be closed', () => closed || undefined);
});

describe('the certificate', () => {
  const CONTENT = 'From: ali@agency.example\r\nSubject: x\r\n\r\nx\r\n';
  const fresh = newTestCertificate();
  const serialOf = ({ cert }: { cert: Buffer }): string => new X509Certificate(cert).serialNumber;

  /** Twenty in the middle of things: with and without TLS, between commands and within a message. */
  async function occupy(
    open: Doors,
  ): Promise<{ inMessage: Dialogue[]; secured: Dialogue[]; clear: Dialogue[] }> {
    const inMessage: Dialogue[] = [];
    const secured: Dialogue[] = [];
    const clear: Dialogue[] = [];
    for (let i = 0; i < 5; i++) {
      const [over, plain] = [await open.connect('mx'), await open.connect('mx')];
      await over.startTls();
      await over.ask('EHLO client.test', /^250/);
      for (const dialogue of [over, plain]) {
        await beginMessage(dialogue);
        await dialogue.send(CONTENT.slice(0, 20));
        inMessage.push(dialogue);
      }
      secured.push(await open.logIn('submissions'));
      clear.push(await open.connect('mx'));
    }
    return { inMessage, secured, clear };
  }

  async function newSerials(open: Doors): Promise<(string | null)[]> {
    const dialogues = [await open.connect('submissions'), await open.logIn(), await open.connect('mx')];
    await dialogues[2]?.startTls();
    return dialogues.map((dialogue) => dialogue.serial());
  }

  test('is replaced while twenty are connected: none is lost, and new handshakes show the new one', async () => {
    await using open = await openDoors();
    const old = serialOf(testCertificate());
    expect(await newSerials(open)).toEqual([old, old, old]);
    const { inMessage, secured, clear } = await occupy(open);
    open.receiver.renewCertificate(fresh);
    const now = serialOf(fresh);
    expect(await newSerials(open)).toEqual([now, now, now]);
    for (const dialogue of inMessage) {
      await dialogue.send(`${CONTENT.slice(20)}.\r\n`);
      await dialogue.expect(/^250 2\.6\.0/);
    }
    for (const dialogue of secured) {
      await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
      expect(dialogue.serial()).toBe(old);
    }
    for (const dialogue of clear) {
      await dialogue.startTls();
      expect(dialogue.serial()).toBe(now);
      await dialogue.ask('EHLO client.test', /^250/);
    }
    expect(open.spool.committed).toHaveLength(10);
  });

  test.each([
    ['whose key is another one’s', { cert: fresh.cert, key: testCertificate().key }],
    ['that is none', { cert: Buffer.from('x'), key: fresh.key }],
  ])('%s is refused in one line, and the old one stays', async (_, pair) => {
    await using open = await openDoors();
    const { secured } = await occupy(open);
    expect(() => open.receiver.renewCertificate(pair)).toThrow(
      /^certificate: cannot be used for TLS \(.*\); set .*$/,
    );
    const old = serialOf(testCertificate());
    expect(await newSerials(open)).toEqual([old, old, old]);
    for (const dialogue of secured) await dialogue.ask('NOOP', /^250/);
  });

  test('that came before the doors were opened is shown', async () => {
    await using open = await openDoors({ open: false });
    open.receiver.renewCertificate(fresh);
    expect(() => open.receiver.renewCertificate({ ...fresh, key: testCertificate().key })).toThrow();
    open.receiver.open();
    expect(await newSerials(open)).toEqual(Array.from({ length: 3 }, () => serialOf(fresh)));
  });
});
