/** The size of a mailbox follows from the grade, and a full mailbox delays its own mail only. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { letterText, type Running, startRunning } from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';

const MB = 1024 ** 2;
const GB = 1024 ** 3;

let running: Running;
beforeAll(async () => {
  running = await startRunning();
});
afterAll(() => running?.[Symbol.asyncDispose]());

// PTPA 3/2017 L1 §10(iii); moh counts by the old grades, mot by SSPA.
const cases: [string, string, number][] = [
  ['N29', 'moh', 500 * MB],
  ['FA44', 'moh', GB],
  ['M48', 'moh', 2 * GB],
  ['M54', 'moh', 4 * GB],
  ['JUSA C', 'moh', 4 * GB],
  ['M10', 'mot', GB],
  ['M14', 'mot', 4 * GB],
];

test.each(cases)('GETQUOTAROOT of a user at grade %s of agency %s', async (grade, agency, limitBytes) => {
  const name = grade.toLowerCase().replace(' ', '');
  const user = await running.addUser({ address: `${name}@${agency}.example`, grade });
  await using mailbox = await running.mailbox(user);
  expect(await mailbox.quota()).toMatchObject({ limitBytes });
});

test('a full mailbox waits, the other recipient is served, and when there is room again it is delivered', async () => {
  const aminah = await running.addUser({ address: 'aminah@moh.example' });
  const full = await running.addUser({ address: 'penuh@moh.example', quotaBytes: MB });
  await using mailbox = await running.mailbox(full);
  await mailbox.append(
    'INBOX',
    Buffer.from(letterText(full, 'lama', 'x'.repeat(70).concat('\r\n').repeat(14_000))),
  );

  const content = letterText(aminah, 'lampiran', 'y'.repeat(70).concat('\r\n').repeat(3_000));
  const { id, reply } = await running.send({ door: 'submission', from: aminah, to: [full, aminah], content });
  if (!id) throw new Error(`refused: ${reply}`);
  const events = await waitFor('one delivered, one deferred', async () => {
    const path = await running.path(id);
    const kinds = path.events.map(({ kind }) => kind);
    return kinds.includes('delivered') && kinds.includes('deferred') ? path.events : undefined;
  });
  expect(events.find(({ kind }) => kind === 'delivered')).toMatchObject({ recipient: aminah.address });
  expect(events.find(({ kind }) => kind === 'deferred')).toMatchObject({
    stage: 'deliver',
    recipients: [full.address],
    reason: expect.stringMatching(/^452 4\.2\.2 /),
  });
  expect((await running.queue()).messages).toMatchObject([{ id, recipients: [full.address] }]);

  await mailbox.empty('INBOX');
  await running.ended(id, 2);
  await using again = await running.mailbox(full);
  expect((await again.messages('INBOX')).map(({ subject }) => subject)).toEqual(['lampiran']);
});
