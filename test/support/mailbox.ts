/** A user's mailbox as a mail client sees it, over IMAP with TLS. The only importer of imapflow. */
import { ImapFlow } from 'imapflow';

export interface MailboxMessage {
  readonly folder: string;
  readonly subject: string;
  readonly source: Buffer;
}

export interface MailboxAccess extends AsyncDisposable {
  /** Every message of the folder, oldest first. */
  messages(folder: string): Promise<MailboxMessage[]>;
  subjects(folder: string): Promise<string[]>;
  /** Their headers alone, which is quicker. */
  headers(folder: string): Promise<{ readonly subject: string; readonly header: string }[]>;
  folders(): Promise<{ path: string; specialUse: string | null }[]>;
  quota(): Promise<{ limitBytes: number; usedBytes: number }>;
  append(folder: string, content: Buffer): Promise<void>;
  empty(folder: string): Promise<void>;
}

/** The certificate of a test or demo server is self-signed. */
export async function openMailbox(access: {
  port: number;
  user: string;
  password: string;
}): Promise<MailboxAccess> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: access.port,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: access.user, pass: access.password },
    logger: false,
  });
  client.on('error', () => {});
  await client.connect();

  const mailbox: MailboxAccess = {
    async messages(folder) {
      const lock = await client.getMailboxLock(folder);
      try {
        const found: MailboxMessage[] = [];
        if (client.mailbox && client.mailbox.exists === 0) return found;
        for await (const message of client.fetch('1:*', { source: true, envelope: true })) {
          found.push({
            folder,
            subject: message.envelope?.subject ?? '',
            source: message.source ?? Buffer.alloc(0),
          });
        }
        return found;
      } finally {
        lock.release();
      }
    },
    async subjects(folder) {
      return (await mailbox.headers(folder)).map(({ subject }) => subject);
    },
    async headers(folder) {
      const lock = await client.getMailboxLock(folder);
      try {
        const found: { subject: string; header: string }[] = [];
        if (client.mailbox && client.mailbox.exists === 0) return found;
        for await (const { envelope, headers } of client.fetch('1:*', { envelope: true, headers: true })) {
          found.push({ subject: envelope?.subject ?? '', header: String(headers) });
        }
        return found;
      } finally {
        lock.release();
      }
    },
    async folders() {
      const list = await client.list();
      return list.map((entry) => ({ path: entry.path, specialUse: entry.specialUse ?? null }));
    },
    async quota() {
      const quota = await client.getQuota('INBOX');
      const storage = quota ? quota.storage : undefined;
      if (!storage) throw new Error('the server reports no storage quota');
      return { limitBytes: storage.limit ?? 0, usedBytes: storage.usage ?? 0 };
    },
    async append(folder, content) {
      await client.append(folder, content);
    },
    async empty(folder) {
      const lock = await client.getMailboxLock(folder);
      try {
        await client.messageDelete('1:*');
      } finally {
        lock.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await client.logout().catch(() => client.close());
    },
  };
  return mailbox;
}
