import { describe, expect, test } from 'vitest';
import { part, walk } from './testing.ts';

const paths = (message: readonly string[]): string[] =>
  walk(message).parts.map(({ path, type }) => `${path} ${type}`);

const ATTACHED = [
  'Subject: outer',
  'Content-Type: multipart/mixed; boundary="m"',
  '',
  'This is a multi-part message in MIME format.',
  '--m',
  'Content-Type: multipart/alternative; boundary="a"',
  '',
  '--a',
  '',
  'hello',
  'there',
  '--a \t',
  'Content-Type: text/html; charset="UTF-8"',
  'Content-Transfer-Encoding: base64',
  '',
  'PGI+aGk8L2I+',
  '--a--',
  '',
  '--m',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  'Content-Type: multipart/mixed; boundary=i',
  '',
  '--i',
  'Content-Type: application/pdf; name="a.pdf"',
  '',
  '12345',
  '--m',
  'Content-Type: message/rfc822; name="note.eml"',
  '',
  'Subject: second',
  '',
  'body',
  '--m--',
  'epilogue',
];

describe('the tree', () => {
  test('parts are numbered as IMAP numbers them', () => {
    expect(paths(ATTACHED)).toEqual([
      'prologue text/plain',
      '1.1 text/plain',
      '1.2 text/html',
      '2.1 application/pdf',
      '3 message/rfc822',
      '3.1 text/plain',
      'epilogue text/plain',
    ]);
  });

  test('octets are decoded, and the line break before a delimiter is none of them', () => {
    const seen = walk(ATTACHED);
    expect(part(seen, 'prologue').text).toBe('This is a multi-part message in MIME format.');
    expect(part(seen, '1.1').text).toBe('hello\r\nthere');
    expect(part(seen, '1.2')).toMatchObject({
      text: '<b>hi</b>',
      charset: 'utf-8',
      encoding: 'base64',
      depth: 2,
    });
    expect(part(seen, '3').text).toBe('Subject: second\r\n\r\nbody');
  });

  test('an attached message counts by its leaves, and whole if it has a name', () => {
    expect(walk(ATTACHED).structure).toEqual({
      parts: 9,
      attachments: 2,
      attachmentBytes: 5 + 'Subject: second\r\n\r\nbody'.length,
      ambiguities: [],
      excesses: [],
      sealed: [],
    });
  });

  test('fields come with the path of their message', () => {
    const subjects = walk(ATTACHED).fields.filter(([name]) => name === 'subject');
    expect(subjects).toEqual([
      ['subject', 'outer', ''],
      ['subject', 'inner', '2'],
      ['subject', 'second', '3'],
    ]);
  });

  test('values of fields are unfolded, decoded and cut', () => {
    const [subject, long] = walk([
      'Subject: =?utf-8?q?caf=C3=A9?=',
      ' bar',
      `X-Long: ${'x'.repeat(20_000)}`,
      '',
      '',
    ]).fields;
    expect(subject?.[1]).toBe('café bar');
    expect(long?.[1]).toHaveLength(10_000);
  });
});

const LEAVES: readonly [string, readonly string[], string[]][] = [
  ['no octets', [], ['1 text/plain']],
  ['a header without a body', ['Subject: x', ''], ['1 text/plain']],
  ['a body without a header', ['', 'text'], ['1 text/plain']],
  ['no close delimiter', ['Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x'], ['1 text/plain']],
  [
    'a multipart without a part',
    ['Content-Type: multipart/mixed; boundary=b', '', 'text'],
    ['prologue text/plain'],
  ],
  [
    'parts without an empty line',
    ['Content-Type: multipart/mixed; boundary=b', '', '--b', '--b', 'Content-Type: text/html', '--b--'],
    ['1 text/plain', '2 text/html'],
  ],
  [
    'an outer delimiter closes all inside',
    [
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      'Content-Type: multipart/related; boundary=i',
      '',
      '--i',
      'Content-Type: message/rfc822',
      '',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'deep',
      '--o',
      'Content-Type: image/png',
      '',
      '--x',
      '--o--',
    ],
    ['1.1.1 text/plain', '2 image/png'],
  ],
  [
    'a digest holds messages',
    ['Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: x', '', 'text', '--b--'],
    ['1.1 text/plain'],
  ],
  [
    'a message that is the whole message',
    ['Content-Type: message/rfc822', '', 'Content-Type: text/html', '', 'x'],
    ['1.1 text/html'],
  ],
  [
    'a message in base64',
    [
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(
        'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: a/b\n\ny\n--b--',
      ).toString('base64'),
    ],
    ['1.1 text/plain', '1.2 a/b'],
  ],
  [
    'a message in quoted-printable',
    [
      'Content-Type: message/global',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Content-Type:=20text/html',
      '',
      '=3Cb>',
    ],
    ['1.1 text/html'],
  ],
  [
    'a close delimiter met twice',
    ['Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x', '--b--', '--b--', ''],
    ['1 text/plain'],
  ],
  [
    'a delimiter at the very begin of a part',
    ['Content-Type: multipart/mixed; boundary=b', '', '--b', 'A: b', '', '--b--'],
    ['1 text/plain'],
  ],
];

describe('leaves', () => {
  for (const [name, message, expected] of LEAVES) {
    test(name, () => {
      const seen = walk(message);
      expect(seen.parts.map(({ path, type }) => `${path} ${type}`)).toEqual(expected);
      expect(seen.structure.ambiguities).toEqual([]);
      // Lines that end with LF alone make no difference.
      expect(paths([message.join('\n')])).toEqual(expected);
    });
  }

  test('lines that begin like a delimiter are text', () => {
    const text = ['-', '--', '-b', '--c', '---b', ' --b', `--${'x'.repeat(9_000)}`, '--B'];
    const seen = walk(['Content-Type: multipart/mixed; boundary=b', '', '--b', '', ...text, '--b--']);
    expect(part(seen, '1').text).toBe(text.join('\r\n'));
    expect(seen.structure.ambiguities).toEqual([]);
  });

  test('a boundary behind more white space than is looked at is one all the same', () => {
    const seen = walk([
      'Content-Type: multipart/mixed; boundary=b',
      '',
      `--b${' '.repeat(9_000)}`,
      '',
      'x',
      '--b--',
    ]);
    expect(part(seen, '1').text).toBe('x');
  });
});

const COUNTED: readonly [string, string[], number][] = [
  ['text', ['Content-Type: text/plain'], 0],
  ['HTML', ['Content-Type: text/html'], 0],
  ['a calendar without a name', ['Content-Type: text/calendar; method=REQUEST'], 0],
  ['a delivery report', ['Content-Type: message/delivery-status'], 0],
  ['no Content-Type', ['X: y'], 0],
  ['the old word for text', ['Content-Type: text'], 0],
  ['text with a name', ['Content-Type: text/plain; name=a.txt'], 5],
  ['text with a file name', ['Content-Disposition: inline; filename=a.txt'], 5],
  ['text that is attached', ['Content-Disposition: attachment'], 5],
  ['text under an unknown disposition', ['Content-Disposition: x-file'], 5],
  ['inline text', ['Content-Disposition: inline'], 0],
  ['HTML with a name by RFC 2231', ["Content-Type: text/html; name*=utf-8''a"], 5],
  ['an experimental text type', ['Content-Type: text/x-vcard'], 5],
  ['an image without a name', ['Content-Type: image/png'], 5],
  ['a type that cannot be read', ['Content-Type: pdf'], 5],
  ['base64', ['Content-Type: a/b', 'Content-Transfer-Encoding: base64'], 3],
];

describe('counting', () => {
  test.each(COUNTED)('%s', (_, header, bytes) => {
    const { structure } = walk([...header, '', '12345']);
    expect([structure.attachmentBytes, structure.attachments]).toEqual([bytes, bytes > 0 ? 1 : 0]);
  });

  test('files in the text count as attachments, with their names', () => {
    const seen = walk([
      '',
      'See below.',
      'begin 644 cat.txt',
      '#0V%T',
      '`',
      'end',
      'begin 644 b.txt',
      '#0V%T',
      'end',
      '',
    ]);
    expect(seen.parts.map(({ path, names, text }) => [path, names, text])).toEqual([
      ['1', [], expect.stringContaining('See below')],
      ['1.uu1', ['cat.txt'], 'Cat'],
      ['1.uu2', ['b.txt'], 'Cat'],
    ]);
    expect(seen.structure).toMatchObject({ attachments: 2, attachmentBytes: 6, parts: 3 });
  });

  test('files in text that counts itself are shown but not counted twice', () => {
    const seen = walk(['Content-Type: text/plain; name=a', '', 'begin 644 cat.txt', '#0V%T', 'end']);
    expect(seen.structure).toMatchObject({
      attachments: 1,
      attachmentBytes: 'begin 644 cat.txt\r\n#0V%T\r\nend'.length,
    });
    expect(part(seen, '1.uu1').names).toEqual(['cat.txt']);
  });

  test('uuencode as transfer encoding is decoded, and another name in it is shown', () => {
    const header = ['Content-Type: a/b; name=x.pdf', 'Content-Transfer-Encoding: x-uuencode'];
    const seen = walk([...header, '', 'begin 644 cat.exe', '#0V%T', '`', 'end', '']);
    expect(part(seen, '1').text).toBe('Cat');
    expect(part(seen, '1.uu1').names).toEqual(['cat.exe']);
    expect(seen.structure).toMatchObject({ attachments: 1, attachmentBytes: 3, ambiguities: [] });
  });

  test.each([
    ['application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m', ['application/pkcs7-mime']],
    ['application/octet-stream; name=smime.p7m', ['application/pkcs7-mime']],
    ['multipart/encrypted; boundary=b', ['multipart/encrypted']],
    ['multipart/signed; boundary=b', []],
  ])('%s is sealed as %j', (type, sealed) => {
    expect(walk([`Content-Type: ${type}`, '', 'x']).structure.sealed).toEqual(sealed);
  });
});

describe('what is a body for some readers only', () => {
  test('lines behind one that is no field are given as text', () => {
    const seen = walk(['Subject: x', 'Click here', 'http://moh.example/', '', 'text']);
    expect(part(seen, '1.header').text).toBe('Click here\r\nhttp://moh.example/\r\n\r\n');
    expect(seen.structure.ambiguities).toEqual([]);
  });

  test('lines behind one of white space are given as text', () => {
    const seen = walk(['Subject: x', ' ', 'hello: there', '', 'text']);
    expect(part(seen, '1.header').text).toBe('hello: there\r\n\r\n');
  });

  test('they are of the type of their part', () => {
    const seen = walk(['Content-Type: text/html; charset=utf-8', '<p>', '', 'text']);
    expect(part(seen, '1.header')).toMatchObject({
      text: '<p>\r\n\r\n',
      type: 'text/html',
      charset: 'utf-8',
    });
  });

  test('the line of a mailbox file is none of it', () => {
    const message = [
      'Content-Type: message/rfc822',
      '',
      '>From a@moh.example Mon',
      'Content-Type: text/html',
      '',
      'x',
    ];
    expect(paths(message)).toEqual(['1.1 text/html']);
    expect(walk(message).structure.ambiguities).toEqual([]);
  });

  test('the footer of a list behind base64 is given as text', () => {
    const seen = walk([
      'Content-Transfer-Encoding: base64',
      '',
      'aGk=',
      '',
      '_____',
      'List: http://moh.example/',
      '',
    ]);
    expect(part(seen, '1.footer').text).toBe('_____\r\nList: http://moh.example/\r\n');
    expect(seen.structure.ambiguities).toEqual([]);
  });

  test('a multipart in quoted-printable is read both ways', () => {
    const seen = walk([
      'Content-Type: multipart/mixed; boundary=b',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '--b',
      '',
      'http:=2F=2Fmoh.example',
      '--b',
      'Content-Type: application/pdf',
      'Content-Transfer-Encoding: base64',
      '',
      'aGk=',
      '--b--',
    ]);
    expect(part(seen, '1').text).toBe('http:=2F=2Fmoh.example');
    expect(part(seen, 'decoded.1').text).toBe('http://moh.example');
    expect(seen.structure).toMatchObject({ ambiguities: [], attachmentBytes: 2, attachments: 1 });
  });
});
