/** What the inspector sees in whole messages, and that it sees the same however their octets are cut. */
import { describe, expect, test } from 'vitest';
import type { Found } from '../mail/finding.ts';
import type { Part } from '../mail/parts.ts';
import type { ContentPolicy, Judged } from './content-policy.ts';
import { createInspector, type Inspection } from './inspect.ts';

const MODES = new Proxy({} as ContentPolicy['modes'], {
  get: () => ({ in: 'refuse', out: 'refuse', within: 'refuse' }),
});
const POLICY: ContentPolicy = {
  modes: MODES,
  attachmentBytes: 10_000,
  dangerousNames: ['exe', 'js', 'com'],
  storage: {
    hosts: [{ host: 'dropbox.com', paths: [], except: [], comment: '' }],
    shorteners: ['bit.ly'],
    allowed: { moh: [{ host: 'dropbox.com', paths: ['/s/ours'], except: [], comment: '' }] },
  },
};
const JUDGED: Judged = { direction: 'in', agencies: ['moe'] };
const LINK = 'https://www.dropbox.com/s/abc/x.zip';

function inspect(message: string, chunkBytes = Number.POSITIVE_INFINITY, judged = JUDGED): Inspection {
  const inspector = createInspector({ policy: POLICY, judged });
  const octets = Buffer.from(message, 'latin1');
  for (let at = 0; at < octets.length; at += chunkBytes) {
    // A copy: whoever keeps it for longer than the call would see it change.
    const chunk = Buffer.from(octets.subarray(at, at + chunkBytes));
    inspector.write(chunk);
    chunk.fill(0x58);
  }
  return inspector.end();
}

function reasons({ found }: Inspection): string[] {
  return found.map(({ reason, part }) => `${reason} ${part ?? '-'}`);
}

function lines(...all: string[]): string {
  return all.map((line) => `${line}\r\n`).join('');
}

const TOP = ['From: a@partner.example', 'MIME-Version: 1.0'];

function one(header: string[], body: string): string {
  return lines(...TOP, ...header, '', body);
}

/** A letter and one part more. */
function beside(header: string[], body: string): string {
  return lines(
    ...TOP,
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'A letter.',
    '--b',
    ...header,
    '',
    body,
    '--b--',
  );
}

function file(name: string, type = 'application/octet-stream'): string[] {
  return [`Content-Type: ${type}`, `Content-Disposition: attachment; filename="${name}"`];
}

function base64(octets: string | Buffer): string {
  const text = Buffer.from(octets as string, 'latin1').toString('base64');
  return text.replace(/.{76}/g, '$&\r\n');
}

const B64 = 'Content-Transfer-Encoding: base64';
const ZIP = `PK\x03\x04${'z'.repeat(6_000)}`;
const EXE = `MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00${'\0'.repeat(40)}This program cannot be run in DOS mode`;

const CODED = LINK.replace(':', '&#58;').replace('b', '&#98;');
const QUOTED = LINK.replace(/[^a-z]/g, (c) => `=${c.charCodeAt(0).toString(16)}`);
const SIGNED = 'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m';

/** ContentInfo of SignedData (RFC 5652 §5.1) in BER: `content` in two octet strings, no signatures. */
function signed(content: string): string {
  const octets = (text: string): string =>
    `\x04\x82${String.fromCharCode(text.length >> 8, text.length & 0xff)}${text}`;
  const strings = `\x24\x80${octets(content.slice(0, 9))}${octets(content.slice(9))}\0\0`;
  const data = `\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80${strings}\0\0\0\0`;
  return `\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00${data}\x31\x00${'\0'.repeat(6)}`;
}

const LINKS: readonly [string, string, string][] = [
  ['plain text', one([], LINK), '1'],
  ['text of a type that nobody knows', one(['Content-Type: text/x-odd'], LINK), '1'],
  ['a part whose type cannot be read', one(['Content-Type: ;;;'], LINK), '1'],
  ['markup', one(['Content-Type: text/html'], `<p><a href="${LINK}">here</a>`), '1'],
  ['XHTML', beside(['Content-Type: application/xhtml+xml'], `<a href="${LINK}"/>`), '2'],
  ['SVG', beside(['Content-Type: image/svg+xml'], `<svg><a xlink:href="${LINK}"/></svg>`), '2'],
  ['an invitation', beside(['Content-Type: text/calendar'], `BEGIN:VCALENDAR\r\nURL:${LINK}`), '2'],
  ['a visiting card', beside(['Content-Type: text/x-vcard'], `BEGIN:VCARD\r\nURL:${LINK}`), '2'],
  ['a page as a file', beside([...file('page.HTML'), B64], base64(`<a href="${LINK}">x</a>`)), '2'],
  ['a table as a file', beside([...file('table.csv'), B64], base64(`a,${LINK},b`)), '2'],
  [
    'a file that is no text by type and name, but a page',
    beside([...file('page'), B64], base64(`<html><a href="${LINK}">`)),
    '2',
  ],
  [
    'a page that is declared plain text',
    beside(file('x.htm', 'text/plain'), `<a href=${LINK.replace('dropbox', 'drop&#98;ox')}>`),
    '2',
  ],
  ['text in base64', one([B64], base64(`see ${LINK}`)), '1'],
  [
    'text in UTF-16',
    one(
      ['Content-Type: text/plain; charset=utf-16le', B64],
      base64(Buffer.from(LINK, 'utf16le').toString('latin1')),
    ),
    '1',
  ],
  ['text that begins like an archive', one([], `PK\x03\x04 ${LINK}`), '1'],
  [
    'text in UTF-16, high octet first without a mark',
    one(
      ['Content-Type: text/plain; charset=utf-16', B64],
      base64(Buffer.from(`\u4e00 ${LINK}`, 'utf16le').swap16().toString('latin1')),
    ),
    '1',
  ],
  ['markup for some readers', one(['Content-Type: text/x-amp-html'], `<a href="${CODED}">x</a>`), '1'],
  ['a page as a file under a name of text', beside(file('x.txt', 'text/html'), `<!-- ${LINK} -->`), '2'],
  [
    'a page as a file whose name some readers cut short',
    beside([...file('x.html;.dat'), B64], base64(`\x01<a href="${CODED}">`)),
    '2',
  ],
  [
    'a visiting card in quoted-printable',
    beside(file('x.vcf', 'text/x-vcard'), `BEGIN:VCARD\r\nURL;ENCODING=QUOTED-PRINTABLE:${QUOTED}\r\n`),
    '2',
  ],
  [
    'the page in an invitation',
    beside(
      ['Content-Type: text/calendar'],
      `BEGIN:VCALENDAR\r\nDESCRIPTION;ALTREP="data:text/html,${encodeURIComponent(`<a href="${LINK}">`).replace('b', '%62')}":x\r\n`,
    ),
    '2',
  ],
  [
    'a page whose header says what its links are relative to',
    beside(['Content-Type: text/html', 'Content-Base: "https://dropbox.com/"'], '<a href="s/x">'),
    '2',
  ],
  [
    'a page whose header says where it lies',
    one(['Content-Type: text/html', 'Content-Location: https://dropbox.com/s/'], '<a href="x">'),
    '1',
  ],
  [
    'a signed and packed letter',
    one([SIGNED, B64], base64(signed(`Content-Type: text/plain\r\n\r\n${LINK}`))),
    '1.signed',
  ],
  ['the subject', one([`Subject: =?utf-8?B?${base64(LINK)}?=`], 'x'), ''],
  [
    'the subject of an attached message',
    beside(['Content-Type: message/rfc822'], `Subject: ${LINK}\r\n\r\nx`),
    '',
  ],
  ['an attached message', beside(['Content-Type: message/rfc822'], `Subject: x\r\n\r\n${LINK}`), ''],
  ['text before the parts', beside([], 'x').replace('\r\n\r\n--b', `\r\n\r\n${LINK}\r\n--b`), ''],
  ['text behind the parts', `${beside([], 'x')}${LINK}\r\n`, ''],
];

describe('a link to external storage is found in', () => {
  test.each(LINKS)('%s', (_, message, part) => {
    const inspection = inspect(message);
    expect(inspection.found.map(({ reason }) => reason)).toContain('external-storage');
    const [found] = inspection.found.filter(({ reason }) => reason === 'external-storage');
    expect(found?.detail).toContain('dropbox[.]com');
    if (part !== '') expect(found?.part).toBe(part);
    expect(reasons(inspect(message.replaceAll(LINK, 'https://www.moh.example/')))).not.toContain(
      'external-storage',
    );
  });

  test('both texts of a mail, and told once', () => {
    const { found } = inspect(
      lines(
        ...TOP,
        'Content-Type: multipart/alternative; boundary=b',
        '',
        '--b',
        '',
        LINK,
        '--b',
        'Content-Type: text/html',
        '',
        `<a href="${LINK}">x</a>`,
        '--b--',
      ),
    );
    expect(found).toHaveLength(1);
  });

  test('not where the agency may use it', () => {
    const message = one([], 'https://www.dropbox.com/s/ours/x');
    expect(inspect(message, 100, { direction: 'in', agencies: ['moh'] }).found).toEqual([]);
    expect(inspect(message, 100, { direction: 'in', agencies: ['moh', 'moe'] }).found).toHaveLength(1);
  });
});

const FACTS: readonly [string, string, string[], boolean][] = [
  ['a letter', one(['Subject: Mesyuarat'], 'Salam, see www.moh.example'), [], false],
  ['nothing at all', '', [], false],
  ['a link of a shortener', one([], 'https://bit.ly/abc'), ['short-link 1'], false],
  [
    'a program by its name',
    beside([...file('setup.exe'), B64], base64('x')),
    ['dangerous-attachment 2'],
    false,
  ],
  [
    'a program by what it is',
    beside([...file('letter.pdf'), B64], base64(EXE)),
    ['dangerous-attachment 2'],
    false,
  ],
  [
    'a program by both, told once',
    beside([...file('setup.exe'), B64], base64(EXE)),
    ['dangerous-attachment 2'],
    false,
  ],
  [
    'a program declared as text',
    one(['Content-Type: text/plain', B64], base64(EXE)),
    ['dangerous-attachment 1'],
    false,
  ],
  [
    'a name in another field, where some programs look for it',
    beside(['Content-Type: application/octet-stream', 'Content-Name: a.js', B64], base64('x')),
    ['dangerous-attachment 2'],
    false,
  ],
  [
    'a description that is a name to some',
    beside(['Content-Type: application/octet-stream', 'Content-Description: a.js', B64], base64('x')),
    ['dangerous-attachment 2'],
    false,
  ],
  [
    'a name without a semicolon before it',
    beside(['Content-Disposition: attachment filename="a.js"', B64], base64('x')),
    ['dangerous-attachment 2'],
    false,
  ],
  [
    'a program in a signed and packed letter',
    one([SIGNED, B64], base64(signed(`${file('a.exe').join('\r\n')}\r\n\r\nx`))),
    ['dangerous-attachment 1.signed'],
    false,
  ],
  [
    'a signed and packed letter of that size, counted by what is in it',
    one([SIGNED, B64], base64(signed(`Content-Type: text/plain\r\n\r\n${'surat '.repeat(2_000)}`))),
    [],
    false,
  ],
  [
    'a signed one that is packed in an odd way',
    one([SIGNED, B64], base64(signed('x').replace('\x02\x01\x01\x31\x00', '\x31\x00\x02\x01\x01'))),
    ['structure 1', 'sealed -'],
    false,
  ],
  [
    'a page that says of itself that its letters mean others',
    one(['Content-Type: text/html'], '<meta charset="utf-7">+ADw-'),
    ['structure 1'],
    false,
  ],
  [
    'prose that some take for a file named like a domain',
    one([], 'Kursus\r\nbegin 2024 with www.moh.com\r\n!AAAA\r\nend'),
    [],
    false,
  ],
  ['a letter that begins like a script', one([], '#!/bin/sh\r\nis how a script begins'), [], false],
  ['a script as a file', beside(file('doit'), '#!/bin/sh\r\nrm x'), ['dangerous-attachment 2'], false],
  ['an archive', beside([...file('x.zip'), B64], base64(ZIP)), [], true],
  ['an archive declared as text', beside([...file('x.txt', 'text/plain'), B64], base64(ZIP)), [], true],
  [
    'an archive that nobody opens',
    beside([...file('x.rar'), B64], base64(`Rar!\x1a\x07\x00${ZIP}`)),
    ['unopened-archive 2'],
    false,
  ],
  ['a picture', beside(['Content-Type: image/png', B64], base64('\x89PNG\r\n\x1a\n\0\0\0')), [], false],
  [
    'attachments of exactly the limit',
    beside([...file('x.dat'), B64], base64('\x01'.repeat(10_000))),
    [],
    false,
  ],
  [
    'attachments above it',
    beside([...file('x.dat'), B64], base64('\x01'.repeat(10_001))),
    ['attachment-size -'],
    false,
  ],
  ['a letter of that size', one([], 'x'.repeat(70).concat('\r\n').repeat(200)), [], false],
  ['two types', one(['Content-Type: text/plain', 'Content-Type: text/html'], 'x'), ['structure'], false],
  ['a fragment', one(['Content-Type: message/partial; id=1; number=1; total=2'], 'x'), ['structure'], false],
  [
    'an attached message with a name, and a header of it that no reader shows',
    lines(
      ...TOP,
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      ...file('x.eml', 'message/rfc822'),
      '',
      `List-Unsubscribe: <${LINK}>`,
      'Subject: x',
      '',
      'x',
      '--b--',
    ),
    [],
    false,
  ],
  [
    'a file in the text of an attachment, counted once',
    beside(
      [...file('x.txt', 'text/plain'), B64],
      base64(`begin 644 y.dat\r\n${`M${'#'.repeat(60)}\r\n`.repeat(140)}\`\r\nend\r\n`),
    ),
    [],
    false,
  ],
  [
    'sealed mail',
    one(
      ['Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m', B64],
      base64('\x30\x80\x06\x09'),
    ),
    ['sealed -'],
    false,
  ],
  [
    'too many parts',
    lines(...TOP, 'Content-Type: multipart/mixed; boundary=b', '') + '--b\r\n\r\nx\r\n'.repeat(1_001),
    ['too-complex'],
    false,
  ],
];

test.each(FACTS)('%s', (_, message, expected, unopened) => {
  const inspection = inspect(message);
  const got = reasons(inspection);
  expect(got).toHaveLength(expected.length);
  for (const [i, fact] of expected.entries()) expect(got[i]).toContain(fact);
  expect(inspection.unopened).toBe(unopened);
});

test.each([1, 2, 7, 76, 4_095, 4_096])('cut every %i octets, nothing else is seen', (chunkBytes) => {
  for (const [, message] of [...LINKS, ...FACTS]) {
    expect(inspect(message, chunkBytes)).toEqual(inspect(message));
  }
});

test('who opens a part gets all of its octets, and is not asked for those that need no opening', () => {
  const opened: { part: Part; octets: string }[] = [];
  const inspector = createInspector({
    policy: POLICY,
    judged: JUDGED,
    open(part) {
      const got = { part, octets: '' };
      opened.push(got);
      return {
        write: (octets) => {
          got.octets += octets.toString('latin1');
        },
        end: () => {
          got.octets += '.';
        },
      };
    },
  });
  inspector.write(Buffer.from(beside([...file('x.zip'), B64], base64(ZIP)), 'latin1'));
  expect(inspector.end()).toEqual({ found: [], unopened: false });
  expect(opened).toEqual([{ part: expect.objectContaining({ names: ['x.zip'] }), octets: `${ZIP}.` }]);
});

test('of many facts of one kind a few are told, and none of another kind is lost for them', () => {
  const message = lines(
    ...TOP,
    'Content-Type: multipart/mixed; boundary=b',
    '',
    ...Array.from({ length: 100 }, (_, i) => ['--b', ...file(`x${i}.exe`), '', `${LINK}${i}`]).flat(),
    '--b',
    ...file('x.rar'),
    '',
    'Rar!\x1a\x07\x00',
    '--b--',
  );
  const { found } = inspect(message);
  expect(found.length).toBeLessThanOrEqual(50);
  expect(new Set(found.map((fact: Found) => fact.reason))).toContain('unopened-archive');
});

test('never more octets of attachments are counted on the way than in the end', () => {
  for (const [, message] of FACTS) {
    const inspector = createInspector({ policy: POLICY, judged: JUDGED });
    inspector.write(Buffer.from(message, 'latin1'));
    const { found } = inspector.end();
    const isTooLarge = found.some(({ reason }) => reason === 'attachment-size');
    expect(inspector.attachmentBytes > POLICY.attachmentBytes).toBe(isTooLarge);
  }
});

test('the octets of attachments are counted while they come', () => {
  const inspector = createInspector({ policy: POLICY, judged: JUDGED });
  const message = beside([...file('x.dat'), B64], base64('\x01'.repeat(30_000)));
  inspector.write(Buffer.from(message.slice(0, 20_000), 'latin1'));
  expect(inspector.attachmentBytes).toBeGreaterThan(POLICY.attachmentBytes);
  expect(inspector.attachmentBytes).toBeLessThan(20_000);
});

test('of more text than anybody writes the door judges the beginning, and whoever opens files all of it', () => {
  const long = Buffer.from(one([], `${`${'kata '.repeat(12)}\r\n`.repeat(35_000)}${LINK}\r\n`));
  const fed = (inspector: ReturnType<typeof createInspector>): Inspection => {
    for (let at = 0; at < long.length; at += 65_536) inspector.write(long.subarray(at, at + 65_536));
    return inspector.end();
  };
  expect(fed(createInspector({ policy: POLICY, judged: JUDGED }))).toEqual({ found: [], unopened: true });
  const opened = fed(createInspector({ policy: POLICY, judged: JUDGED, open: () => null }));
  expect(reasons(opened)).toEqual(['external-storage 1']);
});

test('a link in each of thousands of parts and subjects costs no more than their text', () => {
  const octets = Buffer.from(
    lines(...TOP, 'Content-Type: multipart/mixed; boundary=b', '') +
      `--b\r\n${'Subject: https://bit.ly/x\r\n'.repeat(900)}\r\nx\r\n`.repeat(40),
  );
  // As many hosts as a real list has.
  const hosts = Array.from({ length: 200 }, (_, i) => ({
    host: `*-${i}.example`,
    paths: [`/${i}`],
    except: [],
    comment: '',
  }));
  const policy = { ...POLICY, storage: { ...POLICY.storage, hosts } };
  const inspector = createInspector({ policy, judged: JUDGED });
  const start = process.cpuUsage();
  inspector.write(octets);
  expect(inspector.end().found.map(({ reason }) => reason)).toEqual(['short-link']);
  expect(process.cpuUsage(start).user).toBeLessThan(5_000_000);
});
