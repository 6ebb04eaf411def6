import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createFakeSpool, createFakeTrace } from '../../test/support/fake-spool.ts';
import { address, envelope, recipient } from '../../test/support/messages.ts';
import type { Mailbox } from '../directory/directory.ts';
import { silentLog } from '../lib/log.ts';
import { administratorsOf } from '../mail/administrators.ts';
import type { Recipient } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import { createEnter } from './enter.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\n');
const POSTMASTER = address('postmaster@moh.example');
const mailbox = (text: string, active = true): Mailbox => ({ ...recipient(text), active });

async function entered(
  recipients: readonly (Recipient | null)[],
  { own = null, administrators = [] }: { own?: Mailbox | null; administrators?: Mailbox[] },
) {
  const spool = createFakeSpool();
  const submitted: MessageId[] = [];
  const enter = createEnter({
    spool,
    trace: createFakeTrace(),
    queue: { submit: (id) => void submitted.push(id) },
    directory: { findMailbox: async () => own, findAdministrators: async () => administrators },
    log: silentLog,
  });
  const known = recipients.filter((one) => one !== null);
  const made = { ...envelope([], CONTENT), door: 'internal', recipients: known } as const;
  const { kind } = await enter(made, Readable.from([CONTENT], { objectMode: false }));
  return { kind, recipients: spool.committed[0]?.envelope.recipients, submitted, open: spool.open };
}

const ADMINISTRATORS = administratorsOf(recipient('ali@moh.example'));

test('a notice to the administrators reaches each of them, under their own addresses', async () => {
  const administrators = [mailbox('omar@moh.example'), mailbox('siti@moh.example')];
  const { kind, recipients } = await entered([ADMINISTRATORS], { administrators });
  expect(kind).toBe('stored');
  expect(recipients).toEqual([
    { ...recipient('omar@moh.example'), original: POSTMASTER },
    { ...recipient('siti@moh.example'), original: POSTMASTER },
  ]);
});

test('a mailbox that has the very name is the one', async () => {
  const own = mailbox('postmaster@moh.example');
  const administrators = [mailbox('omar@moh.example')];
  expect((await entered([ADMINISTRATORS], { own, administrators })).recipients).toMatchObject([
    { address: POSTMASTER, userId: own.userId },
  ]);
  const disabled = { own: { ...own, active: false }, administrators };
  expect((await entered([ADMINISTRATORS], disabled)).recipients).toMatchObject([
    { address: 'omar@moh.example' },
  ]);
});

test('without an administrator nothing enters', async () => {
  expect(await entered([ADMINISTRATORS], {})).toEqual({
    kind: 'failed',
    recipients: undefined,
    submitted: [],
    open: 0,
  });
});

test('other recipients are left as they are', async () => {
  const ali = recipient('ali@moh.example');
  expect((await entered([ali], {})).recipients).toEqual([ali]);
});
