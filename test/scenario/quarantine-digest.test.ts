/** What was kept from somebody comes to that mailbox as one digest a day, also from a server that was down at its time. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createZone } from '../../src/lib/zone.ts';
import { letterText, type RunningUser, startRunning } from '../support/running.ts';
import { GTUBE } from '../support/samples.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';
const HOUR = 3_600_000;

test('each recipient has one digest of what was kept, which can be read and not clicked, and no second one', async () => {
  // Half a day from now it is due in no run of this test.
  const { hour } = createZone('Asia/Kuala_Lumpur').wall(Date.now() + 12 * HOUR);
  await using running = await startRunning({
    GEGANTI_DOORS_MX_VERDICT_WAIT: '0 s',
    GEGANTI_POLICY_RULES_EXTERNAL_STORAGE: 'in: quarantine',
    GEGANTI_QUARANTINE_DIGEST_AT: `${hour}:00`,
  });
  const [siti, omar, badrul] = await Promise.all(
    ['siti', 'omar', 'badrul'].map((name) => running.addUser({ address: `${name}@moh.example` })),
  );
  if (!siti || !omar || !badrul) throw new Error('no users');
  const digests = async (user: RunningUser) => {
    await using mailbox = await running.mailbox(user);
    return (await mailbox.messages('INBOX')).filter(({ subject }) => subject.includes('for you held back'));
  };
  const sendTo = async (to: readonly RunningUser[], subject: string, text: string) => {
    const { id, reply } = await running.send({
      door: 'mx',
      from: WONG,
      to,
      content: letterText(WONG, subject, text),
    });
    if (!id) throw new Error(reply);
    await running.ended(id, to.length);
    return id;
  };

  const first = await sendTo([siti, omar], 'https://www.dropbox.com/s/x', 'hai');
  const second = await sendTo([siti], GTUBE, GTUBE);
  await sendTo([badrul], 'biasa', 'hai');
  expect((await running.quarantine()).map(({ id, subject }) => [id, subject])).toEqual([
    [second, GTUBE],
    [first, 'https://www.dropbox.com/s/x'],
  ]);

  await running.stopServer();
  await setBack(join(running.data, 'quarantine', '.digest.json'));
  await running.startServer();
  const [forSiti] = await waitFor('the digest of siti', async () => nonEmpty(await digests(siti)));
  const [forOmar] = await waitFor('the digest of omar', async () => nonEmpty(await digests(omar)));
  expect(forSiti?.subject).toBe('2 mel untuk anda ditahan / 2 messages for you held back');
  const text = decoded(forSiti?.source);
  for (const id of [first, second]) expect(text).toContain(`Nombor / Number:   ${id}`);
  expect(text).toContain('Subject: https[:]//www[.]dropbox[.]com/s/x');
  expect(text).toContain('pautan ke storan luar / link to external storage');
  expect(text).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  expect(decoded(forOmar?.source)).not.toContain(second);

  await running.stopServer();
  await running.startServer();
  await sendTo([siti, omar, badrul], 'sesudah', 'hai');
  const counts = await Promise.all([siti, omar, badrul].map(async (user) => (await digests(user)).length));
  expect(counts).toEqual([1, 1, 0]);
});

/** As if the digest had been due while the server was down. */
async function setBack(path: string): Promise<void> {
  const state = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...state, dueAt: state.dueAt - 24 * HOUR }));
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** Quoted-printable of ASCII. */
function decoded(source: Buffer | undefined): string {
  const text = source?.toString('latin1') ?? '';
  return text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
