/**
 * A spool as the first version of this format wrote it, made from its octets and not by today's code: envelopes that
 * say nothing of a claim, an original address or a release, and journals that know no holds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { openSpool } from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { parseMessageId } from '../mail/message-id.ts';

const CONTENT = 'Subject: salam\r\n\r\nApa khabar\r\n';
const SEGMENT_ID = 'm01j0000000abcdefg';
const SINGLE_ID = 'm01j0000001abcdefg';

function envelopeJson(id: string): string {
  return (
    `{"id":"${id}","door":"mx","receivedAt":1760000000000,"sender":"ali@partner.example","login":null,` +
    '"client":{"address":"192.0.2.9","helo":"mx.partner.example","tls":null},"recipients":[' +
    '{"address":"siti@moh.example","userId":"u1","agencyId":"a1"},' +
    '{"address":"abu@moh.example","userId":"u2","agencyId":"a1"}],' +
    `"sizeBytes":${CONTENT.length},"messageIdHeader":"<1@partner.example>","parent":null}`
  );
}

/** Magic, version 1, form, lengths, checksums, and the checksum of all that. */
function head(form: 1 | 2, json: string): string {
  const fixed = Buffer.alloc(32);
  fixed.write('\0GEGANTI', 'latin1');
  fixed.writeUInt16BE(1, 8);
  fixed.writeUInt16BE(form, 10);
  fixed.writeUInt32BE(json.length, 12);
  fixed.writeUInt32BE(CONTENT.length, 16);
  fixed.writeUInt32BE(crc32(json), 20);
  fixed.writeUInt32BE(crc32(CONTENT), 24);
  fixed.writeUInt32BE(crc32(fixed.subarray(0, 28)), 28);
  return fixed.toString('latin1');
}

const END = '\0GEGEND\0';

function line(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function oldSpool(root: string): void {
  for (const name of ['segments', 'single', 'parked']) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, 'VERSION'), '1\n');
  const inSegment = envelopeJson(SEGMENT_ID);
  const record = head(1, inSegment) + inSegment + CONTENT + END;
  writeFileSync(join(root, 'segments/000000000041.seg'), record, 'latin1');
  writeFileSync(
    join(root, 'segments/000000000041.main.log'),
    line(
      `{"kind":"verdict","id":"${SEGMENT_ID}","verdict":{"kind":"clean","signature":null,"score":0,"junkScore":6,"symbols":[]}}`,
    ) +
      line(
        `{"kind":"settled","id":"${SEGMENT_ID}","recipient":"siti@moh.example","outcome":{"kind":"delivered","folder":"INBOX","reply":"250 ok"}}`,
      ),
  );
  const alone = envelopeJson(SINGLE_ID);
  const file = CONTENT + alone + head(2, alone) + END;
  writeFileSync(join(root, `single/${SINGLE_ID}.msg`), file, 'latin1');
  writeFileSync(
    join(root, `single/${SINGLE_ID}.main.log`),
    line(
      `{"kind":"deferred","id":"${SINGLE_ID}","deferral":{"stage":"scan","recipients":[],"attempt":2,"nextTryAt":99,"reason":"clamd is down"}}`,
    ),
  );
}

test('a spool of the first version opens with every message and all that was noted', async () => {
  await using folder = await tempFolder();
  oldSpool(folder.path);
  const { spool, recovered } = await openSpool(folder.path);
  await using _ = spool;
  const expected = {
    envelope: { sizeBytes: CONTENT.length, claimsOurDomain: false },
    held: false,
    scan: { attempts: 0 },
    verdict: { kind: 'clean' },
    recipients: [
      { outcome: { kind: 'delivered', reply: '250 ok' } },
      { address: 'abu@moh.example', outcome: null },
    ],
  };
  const waiting = { outcome: null, attempts: 0 };
  expect([...recovered].sort((a, b) => (a.envelope.id < b.envelope.id ? -1 : 1))).toMatchObject([
    expected,
    { ...expected, verdict: null, scan: { attempts: 2, nextTryAt: 99 }, recipients: [waiting, waiting] },
  ]);
  for (const { envelope } of recovered) {
    expect(await text(await spool.read(envelope.id))).toBe(CONTENT);
    expect('release' in envelope || 'original' in (envelope.recipients[0] ?? {})).toBe(false);
  }
  expect(spool.status).toMatchObject({ messages: 2, parked: 0 });
});

test('its messages can be held and worked on, and its segments are gone on with', async () => {
  await using folder = await tempFolder();
  oldSpool(folder.path);
  const first = await openSpool(folder.path);
  const ids = first.recovered.map(({ envelope }) => envelope.id);
  for (const id of ids) await first.spool.hold(id, true);
  await first.spool[Symbol.asyncDispose]();
  const { spool, recovered } = await openSpool(folder.path);
  await using _ = spool;
  expect(recovered.map(({ held }) => held)).toEqual([true, true]);
  const id = parseMessageId(SEGMENT_ID);
  if (!id) throw new Error('no message id');
  expect(spool.get(id)?.recipients[0]?.outcome?.kind).toBe('delivered');
});
