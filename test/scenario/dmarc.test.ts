/** Only a DMARC pass proves that mail from outside in the name of one of us is genuine (promise P4). */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destinationOf } from '../../src/mail/destination.ts';
import { DEFAULT_MODES } from '../../src/rules/catalogue.ts';
import { createRspamd } from '../../src/scan/rspamd.ts';
import { combine } from '../../src/scan/verdict.ts';
import { address, envelope } from '../support/messages.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A newsletter of an agency, sent for it by a contractor who holds a key of the agency's domain. */
const NEWS = {
  sender: address('bounce@news.example'),
  client: { address: '198.51.100.9', helo: 'mx.news.example', tls: null },
  claimsOurDomain: true,
};
const RULES = { direction: 'in', modes: DEFAULT_MODES, door: [] } as const;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const TEXTS: Readonly<Record<string, string>> = {
  'news.example': 'v=spf1 ip4:198.51.100.9 ~all',
  '_dmarc.moh.example': 'v=DMARC1; p=quarantine',
  'k._domainkey.moh.example': `v=DKIM1; k=rsa; p=${KEY}`,
  'k._domainkey.news.example': `v=DKIM1; k=rsa; p=${KEY}`,
};
const BODY = 'Buletin bulan ini.\r\n';
const HEADER =
  'From: berita@moh.example\r\nTo: badrul@moh.example\r\nSubject: Berita\r\nMessage-ID: <1@news.example>\r\n' +
  'Date: Tue, 24 Nov 2026 02:00:00 +0000\r\n';

/** RFC 6376 §3.4.1, §3.4.3: simple in both; of the header only From is signed. */
function signed(domain: string | null): Buffer {
  if (domain === null) return Buffer.from(`${HEADER}\r\n${BODY}`);
  const bodyHash = createHash('sha256').update(BODY).digest('base64');
  const field = `DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=${domain}; s=k; h=From; bh=${bodyHash}; b=`;
  const from = HEADER.slice(0, HEADER.indexOf('\r\n') + 2);
  const signature = sign('sha256', Buffer.from(from + field), privateKey).toString('base64');
  return Buffer.from(`${field}${signature}\r\n${HEADER}\r\n${BODY}`);
}

describe('what the spam filter says of a From of ours', () => {
  const resources = new AsyncDisposableStack();
  let stack: TestStack;
  beforeAll(async () => {
    const { path } = resources.use(await tempFolder());
    const { address: dns } = resources.use(await textServer());
    stack = resources.use(await startTestStack(path, { nameServers: [dns] }));
  });
  afterAll(() => resources.disposeAsync());

  const cases: [string, string | null, string, string, 'INBOX' | 'Junk'][] = [
    ['a signature of our domain proves it', 'moh.example', '198.51.100.9', 'DMARC_POLICY_ALLOW', 'INBOX'],
    [
      'it does so from a server that SPF does not know too',
      'moh.example',
      '198.51.100.10',
      'DMARC_POLICY_ALLOW_WITH_FAILURES',
      'INBOX',
    ],
    ['a signature of another domain proves nothing', 'news.example', '198.51.100.9', 'R_DKIM_ALLOW', 'Junk'],
    ['without a signature nothing does', null, '198.51.100.9', 'DMARC_POLICY_QUARANTINE', 'Junk'],
  ];
  test.each(cases)('%s', async (_, domain, client, symbol, folder) => {
    const content = signed(domain);
    using rspamd = createRspamd({
      endpoint: stack.settings.services.rspamd,
      timeoutMs: 10_000,
      hostname: 'mail.test.example',
    });
    const message = envelope(['badrul@moh.example'], content, {
      ...NEWS,
      client: { ...NEWS.client, address: client },
    });
    const source = async () => Readable.from([content], { objectMode: false });
    const answer = await rspamd.scan(message, source, new AbortController().signal);
    expect(answer).toMatchObject({ kind: 'clean', symbols: expect.arrayContaining([symbol]) });
    const verdict = combine({ kind: 'clean' }, answer, { kind: 'seen', found: [] }, RULES);
    if (verdict.kind === 'unavailable') throw new Error(verdict.detail);
    expect(destinationOf(verdict, message)).toEqual({ kind: 'deliver', folder });
  });
});

/** A name server that knows the texts above, and of every other name that it does not exist. */
async function textServer(): Promise<{ address: string } & AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => socket.send(answerTo(question), from.port, from.address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** RFC 1035 §4.1, with the question repeated as it came; only TXT (16) is known. */
function answerTo(question: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  const text = question.readUInt16BE(at + 1) === 16 ? TEXTS[labels.join('.').toLowerCase()] : undefined;
  const answer = Buffer.from(question.subarray(0, end));
  answer.writeUInt16BE(text === undefined ? 0x8183 : 0x8180, 2);
  // One question, and no answer yet; what the question brought beyond (EDNS) is left out.
  answer.set([0, 1, 0, text === undefined ? 0 : 1, 0, 0, 0, 0], 4);
  if (text === undefined) return answer;
  const strings = (text.match(/.{1,255}/g) ?? []).map((part) =>
    Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]),
  );
  const data = Buffer.concat(strings);
  // The name of the question, TXT, IN, 60 s.
  const head = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 0xff]);
  return Buffer.concat([answer, head, data]);
}
