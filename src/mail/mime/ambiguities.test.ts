import { describe, expect, test } from 'vitest';
import { AMBIGUITIES, type Ambiguity } from '../parts.ts';
import { kinds, walk } from './testing.ts';

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const mixed = (type: string, ...lines: string[]): string[] => [`Content-Type: ${type}`, '', ...lines];
const PARTS = ['--b', '', 'x', '--b--', ''];
const OUTER = 'Content-Type: multipart/mixed; boundary=';
const LETTERS = base64('x'.repeat(57));

/** What is ambiguous, then what looks like it and is not. */
const CASES: readonly [Ambiguity, string, string[], string[]][] = [
  [
    'repeated-field',
    'two types',
    ['Content-Type: text/plain', 'Content-Type: text/html', '', 'x'],
    ['Content-Type: text/plain', 'content-type: TEXT/plain; charset=utf-8', '', 'x'],
  ],
  [
    'repeated-field',
    'two boundaries in two fields',
    [`${OUTER}b`, `${OUTER}c`, '', ...PARTS],
    [`${OUTER}b`, `${OUTER}"b"`, '', ...PARTS],
  ],
  [
    'repeated-field',
    'two encodings',
    ['Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: 7bit', '', 'aGk='],
    ['Content-Transfer-Encoding: 8bit', 'Content-Transfer-Encoding: 7bit', '', 'aGk='],
  ],
  [
    'repeated-field',
    'two names in two dispositions',
    [
      'Content-Disposition: attachment; filename=a.txt',
      'Content-Disposition: attachment; filename=a.exe',
      '',
      'x',
    ],
    [
      'Content-Disposition: attachment; filename=a.txt',
      'Content-Disposition: inline; filename="a.txt"',
      '',
      'x',
    ],
  ],
  [
    'repeated-parameter',
    'two boundaries',
    mixed('multipart/mixed; boundary=b; boundary=c', ...PARTS),
    mixed('multipart/mixed; boundary=b; boundary="b"', ...PARTS),
  ],
  [
    'repeated-parameter',
    'two charsets, one by RFC 2231',
    mixed("text/html; charset=utf-8; charset*=us-ascii''utf-16", 'x'),
    mixed('text/html; charset=utf-8; charset="UTF-8"', 'x'),
  ],
  [
    'repeated-parameter',
    'more names than are looked at',
    mixed(`a/b; ${Array.from({ length: 30 }, (_, i) => `name=${i}`).join('; ')}`, 'x'),
    mixed("a/b; name=x_.pdf; name*=utf-8''x%C3%A9.pdf; name=x.pdf", 'x'),
  ],
  [
    'bad-content-type',
    'a comment in a container',
    mixed('multi(x)part/mixed; boundary=b', ...PARTS),
    mixed('text/plain (x); charset=us-ascii (x)', 'x'),
  ],
  [
    'bad-content-type',
    'a comment before a boundary',
    mixed('multipart/mixed; (x) boundary=b', ...PARTS),
    mixed('multipart/mixed; x=(y); boundary=b', ...PARTS),
  ],
  [
    'bad-content-type',
    'a comment behind a boundary',
    mixed('multipart/mixed; boundary=b (x)', ...PARTS),
    mixed('multipart/mixed; boundary="b"', ...PARTS),
  ],
  [
    'bad-content-type',
    'a comment in a type of text',
    mixed('text/(x)html', 'x'),
    mixed('text/html (x)', 'x'),
  ],
  [
    'bad-content-type',
    'an encoded word',
    mixed('=?us-ascii?q?multipart/mixed?=; boundary=b', ...PARTS),
    mixed('a/b; name="=?us-ascii?q?multipart/mixed?="', 'x'),
  ],
  [
    'bad-content-type',
    'an encoded word as boundary',
    mixed('multipart/mixed; boundary="=?us-ascii?q?b?="', ...PARTS),
    mixed('multipart/mixed; boundary="=?_=b"', '--=?_=b', '', 'x'),
  ],
  [
    'bad-content-type',
    'quotes around a container',
    mixed('"multipart/mixed"; boundary=b', ...PARTS),
    mixed('"text/plain"', 'x'),
  ],
  [
    'bad-content-type',
    'a container without subtype',
    mixed('multipart; boundary=b', ...PARTS),
    mixed('html', 'x'),
  ],
  [
    'bad-content-type',
    'a missing semicolon',
    mixed('multipart/mixed boundary=b', ...PARTS),
    mixed('text/plain charset=utf-8', 'x'),
  ],
  ['bad-boundary', 'none', mixed('multipart/mixed', 'x'), mixed('text/plain; boundary=b', 'x')],
  [
    'bad-boundary',
    'an empty one',
    mixed('multipart/mixed; boundary=""', 'x'),
    mixed('multipart/mixed; boundary="b"', 'x'),
  ],
  [
    'bad-boundary',
    'one that is too long',
    mixed(`multipart/mixed; boundary=${'b'.repeat(71)}`, 'x'),
    mixed(`multipart/mixed; boundary=${'b'.repeat(70)}`, 'x'),
  ],
  [
    'bad-boundary',
    'a space at its end',
    mixed('multipart/mixed; boundary="b "', ...PARTS),
    mixed('multipart/mixed; boundary="=_mixed 0012_="', '--=_mixed 0012_=', '', 'x'),
  ],
  [
    'bad-boundary',
    '8-bit octets',
    mixed('multipart/mixed; boundary="b\xe9"', 'x'),
    mixed('multipart/mixed; boundary="b#@{}"', 'x'),
  ],
  [
    'bad-boundary',
    'a control octet',
    mixed('multipart/mixed; boundary="b\x01"', 'x'),
    mixed('multipart/mixed; boundary=----=_Part_1?2:3/4', 'x'),
  ],
  [
    'bad-boundary',
    'a backslash',
    mixed('multipart/mixed; boundary="\\b"', ...PARTS),
    mixed('multipart/mixed; charset="\\b"; boundary=b', ...PARTS),
  ],
  [
    'bad-boundary',
    'no closing quote',
    mixed('multipart/mixed; boundary="b', ...PARTS),
    mixed('multipart/mixed; boundary=b; x="y', ...PARTS),
  ],
  [
    'bad-boundary',
    'words behind it',
    mixed('multipart/mixed; boundary=b c', ...PARTS),
    mixed('multipart/mixed; boundary=b ; c', ...PARTS),
  ],
  [
    'bad-boundary',
    'one by RFC 2231 alone',
    mixed('multipart/mixed; boundary*0=b', ...PARTS),
    mixed("multipart/mixed; boundary=b; name*=utf-8''b", ...PARTS),
  ],
  [
    'bad-boundary',
    'a line that only begins with it',
    mixed('multipart/mixed; boundary=b', '--bc', '', 'x', '--b--'),
    mixed('multipart/mixed; boundary=bc', '--b', '', 'x', '--bc--'),
  ],
  [
    'bad-boundary',
    'a part behind the close delimiter',
    mixed('multipart/mixed; boundary=b', '--b', '', 'x', '--b--', '--b', '', 'y'),
    mixed('multipart/mixed; boundary=b', '--b', '', 'x', '--b--', '--c', '--b--'),
  ],
  [
    'nested-boundary',
    'the same',
    [`${OUTER}b`, '', '--b', `${OUTER}b`, '', ...PARTS],
    [
      `${OUTER}b`,
      '',
      '--b',
      `${OUTER}c`,
      '',
      '--c',
      '',
      'x',
      '--c--',
      '--b',
      `${OUTER}c`,
      '',
      '--c',
      '',
      '--c--',
      '--b--',
    ],
  ],
  [
    'nested-boundary',
    'an inner one that begins with the outer one',
    [`${OUTER}b`, '', '--b', `${OUTER}bc`, '', '--bc', '', 'x', '--bc--', '--b--'],
    [`${OUTER}_000_b`, '', '--_000_b', `${OUTER}_001_b`, '', '--_001_b', '', 'x', '--_001_b--', '--_000_b--'],
  ],
  [
    'nested-boundary',
    'an outer one that begins with the inner one',
    [`${OUTER}bc`, '', '--bc', `${OUTER}b`, '', '--b', '', 'x', '--b--', '--bc--'],
    [
      `${OUTER}Apple-Mail-1`,
      '',
      '--Apple-Mail-1',
      `${OUTER}Apple-Mail-2`,
      '',
      '--Apple-Mail-2',
      '',
      '--Apple-Mail-2--',
      '--Apple-Mail-1--',
    ],
  ],
  [
    'nested-boundary',
    'a close delimiter that is the delimiter of another',
    [`${OUTER}b--`, '', '--b--', `${OUTER}b`, '', '--b', '', 'x', '--b--', '', 'y'],
    [`${OUTER}--b`, '', '----b', `${OUTER}b`, '', '--b', '', 'x', '--b--', '----b--'],
  ],
  [
    'encoded-container',
    'base64',
    [`${OUTER}b`, 'Content-Transfer-Encoding: base64', '', base64(PARTS.join('\r\n'))],
    ['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', base64('Subject: x\r\n\r\ny')],
  ],
  [
    'encoded-container',
    'an attached message that is not in base64, as it says',
    ['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'Subject: x', '', 'y'],
    ['Content-Type: message/rfc822', 'Content-Transfer-Encoding: 7bit', '', 'Subject: x', '', 'y'],
  ],
  [
    'encoded-container',
    'quoted-printable that hides the delimiters',
    [`${OUTER}b`, 'Content-Transfer-Encoding: quoted-printable', '', '=2D-b', '', 'x'],
    [`${OUTER}b`, 'Content-Transfer-Encoding: quoted-printable', '', ...PARTS],
  ],
  [
    'encoded-container',
    'quoted-printable that hides one more part',
    [
      `${OUTER}b`,
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '--b',
      '',
      'x',
      '-=',
      '-b',
      'Content-Type: a/b',
      '',
      'y',
      '--b--',
    ],
    [
      `${OUTER}b`,
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '--b',
      '',
      'x=',
      '-b',
      'y=3D',
      '--b',
      'Content-Type: a/b',
      '',
      '--b--',
    ],
  ],
  [
    'unknown-encoding',
    'one that somebody may know',
    ['Content-Transfer-Encoding: x-base64', '', 'x'],
    ['Content-Transfer-Encoding: 8-bit', '', 'x'],
  ],
  [
    'unknown-encoding',
    'more than one word',
    ['Content-Transfer-Encoding: base64 (x)', '', 'x'],
    ['Content-Transfer-Encoding: 7bit (x)', '', 'x'],
  ],
  [
    'unknown-encoding',
    'quotes',
    ['Content-Transfer-Encoding: "base64"', '', 'x'],
    ['Content-Transfer-Encoding: ', '', 'x'],
  ],
  [
    'bad-base64',
    'a file that goes on behind padding',
    ['Content-Type: a/b', 'Content-Transfer-Encoding: base64', '', 'aGk=', 'aGk='],
    ['Content-Type: a/b', 'Content-Transfer-Encoding: base64', '', 'aGk=', '', ' \t', ''],
  ],
  [
    'bad-base64',
    'a file with foreign characters in it',
    ['Content-Type: a/b', 'Content-Transfer-Encoding: base64', '', LETTERS, `!${LETTERS}`, LETTERS, LETTERS],
    ['Content-Type: a/b', 'Content-Transfer-Encoding: base64', '', LETTERS, ` ${LETTERS}`, '', 'aGk'],
  ],
  [
    'bad-base64',
    'text that goes on behind padding',
    ['Content-Transfer-Encoding: base64', '', 'aGk=', LETTERS],
    [
      'Content-Transfer-Encoding: base64',
      '',
      'aGk=',
      '_____',
      'You are on the list Kesihatan-moh@moh.example',
      '',
    ],
  ],
  [
    'partial',
    'a fragment',
    mixed('message/partial; id=x; number=1', 'x'),
    mixed('message/delivery-status', 'x: y'),
  ],
  [
    'external-body',
    'content elsewhere',
    mixed('message/external-body; access-type=URL', 'x'),
    mixed('message/rfc822', 'x: y'),
  ],
  [
    'hidden-header',
    'a space before the colon',
    ['Content-Type : text/html', '', 'x'],
    ['Subject : x', '', 'x'],
  ],
  [
    'hidden-header',
    'a field behind a line that is none',
    ['Subject: x', 'rubbish', 'Content-Type: text/html', '', 'x'],
    ['Content-Type: text/html', 'rubbish', 'Subject: x', '', 'x'],
  ],
  [
    'hidden-header',
    'a field behind a line of white space',
    ['Subject: x', ' ', 'Content-Type: text/html', '', 'x'],
    ['Content-Type: text/html', ' ', '', 'x'],
  ],
  [
    'hidden-header',
    'a folded first line',
    [' Content-Type: text/html', '', 'x'],
    ['From x', 'Content-Type: text/html', '', 'x'],
  ],
  [
    'hidden-header',
    'a lone CR',
    ['X: y\rContent-Type: text/html', '', 'x'],
    ['X: y\r', 'Content-Type: text/html', '', 'x'],
  ],
  [
    'hidden-header',
    'NUL',
    ['Content-Type: text/html\0', '', 'x'],
    ['Content-Type: text/html; name="\x01"', '', 'x'],
  ],
  [
    'hidden-header',
    'lines that some read as base64',
    ['Content-Transfer-Encoding: base64', 'rubbish', '', 'aGk='],
    ['Content-Transfer-Encoding: 8bit', 'rubbish', '', 'aGk='],
  ],
  ['charset', 'UTF-7', mixed('text/html; charset=utf-7', 'x'), mixed('text/html; charset=iso-2022-jp', 'x')],
  [
    'charset',
    'HZ',
    mixed('text/plain; charset="HZ-GB-2312"', 'x'),
    mixed('text/plain; charset=gb18030', 'x'),
  ],
  ['charset', 'EBCDIC', mixed('text/plain; charset=IBM037', 'x'), mixed('text/plain; charset=IBM850', 'x')],
];

describe.each(CASES)('%s: %s', (kind, _, ambiguous, clean) => {
  test('is seen', () => {
    expect(kinds(walk(ambiguous))).toContain(kind);
  });

  test('is not seen in what only looks like it', () => {
    expect(kinds(walk(clean))).toEqual([]);
  });
});

test('every kind has a case', () => {
  expect(new Set(CASES.map(([kind]) => kind))).toEqual(new Set(AMBIGUITIES));
});

test('a kind is named once, with the first place', () => {
  const part = ['--b', 'Content-Transfer-Encoding: zip', '', 'x'];
  const { ambiguities } = walk([`${OUTER}b`, '', '--b', '', 'x', ...part, ...part, '--b--']).structure;
  expect(ambiguities).toEqual([{ kind: 'unknown-encoding', path: '2' }]);
});
