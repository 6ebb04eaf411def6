/** The ports of the doors: bound where the settings say, or one clear line about why not. */
import { describe, expect, test } from 'vitest';
import { connectDialogue } from '../support/dialogue.ts';
import { openDoors, sendMessage } from '../support/doors.ts';

const CONTENT = 'From: a@victim.test\r\nSubject: x\r\n\r\nx\r\n';

describe('a port', () => {
  test('that is taken is named with the cure, and no other door stays open', async () => {
    await using doors = await openDoors();
    const [taken] = doors.receiver.addresses.mx;
    await expect(openDoors({ door: { port: taken?.port ?? 0 } })).rejects.toThrow(
      `doors.mx.port: ${taken?.port} on 127.0.0.1 is taken by another program; stop it or choose another port`,
    );
  });

  test('on an address that is not ours is named', async () => {
    await expect(openDoors({ door: { addresses: ['192.0.2.1'] } })).rejects.toThrow(
      'doors.mx.addresses: 192.0.2.1 is not an address of this machine',
    );
  });

  test('is bound on IPv4 and IPv6, and the client’s address is in normal form', async () => {
    await using doors = await openDoors({ door: { addresses: ['127.0.0.1', '::1'] } });
    expect(doors.receiver.addresses.mx.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    await using dual = await openDoors({ door: { addresses: ['::'] } });
    const port = dual.receiver.addresses.mx[0]?.port ?? 0;
    for (const address of ['127.0.0.1', '::1']) {
      const dialogue = await connectDialogue({ address, port });
      await dialogue.expect(/^220/);
      await dialogue.ask('EHLO x.test', /^250/);
      await sendMessage(dialogue, CONTENT);
      dialogue.destroy();
    }
    const [four, six] = dual.spool.committed;
    expect([four, six].map((message) => message?.envelope.client?.address)).toEqual(['127.0.0.1', '::1']);
    expect(six?.content).toMatch(/^Received: from x\.test \(\[IPv6:::1\]\)\r\n/);
  });
});
