import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DANGEROUS_NAMES } from '../config/policy-readers.ts';
import { endingOf, judgeName, judgeSize, shownName } from './attachments.ts';

const MB = 1024 ** 2;

function isDangerous(name: string, type?: string): boolean {
  return judgeName([name], '2', DANGEROUS_NAMES, type) !== null;
}

describe('a program is known by its name', () => {
  const names: [string, string][] = [
    ['plainly', 'tetapan.exe'],
    ['in capitals', 'TETAPAN.EXE'],
    ['behind the ending of a document', 'faktur.pdf.exe'],
    ['far behind it', `faktur.pdf${' '.repeat(200)}.exe`],
    ['before a dot', 'a.exe.'],
    ['before dots and spaces', 'a.exe. . '],
    ['before a space of another kind', 'a.exe\u3000\u2003'],
    ['before a slash', 'a.exe/'],
    ['before a quotation mark', 'a.exe"'],
    ['before a parameter', 'a.exe;.pdf'],
    ['before a closed quotation', 'a.exe".pdf'],
    ['before NUL', 'a.exe\0.pdf'],
    ['before a line end', 'a.exe\r\n.pdf'],
    ['turned around', 'faktur\u202efdp.exe'],
    ['with nothing between its letters', 'a.e\u200bx\u00ade\ufeff'],
    ['in letters of full width', 'a．ｅｘｅ'],
    ['behind a dot that is none', 'a․exe'],
    ['as a stream', 'a.txt:b.exe'],
    ['with its stream', 'a.exe::$DATA'],
    ['with another stream', 'a.exe:b.txt'],
    ['in a folder', '../../x/a.exe'],
    ['in a folder of Windows', 'C:\\x\\a.scr'],
    ['as a class of Windows', 'faktur.pdf.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}'],
    ['with an ending in two parts', 'cari.search-ms'],
    ['as a COM file', 'pasang.com'],
  ];
  test.each(names)('%s', (_, name) => expect(isDangerous(name)).toBe(true));

  test('by any of its names, the first of which is told', () =>
    expect(judgeName(['a.pdf', 'b.js', 'c.exe'], '3', DANGEROUS_NAMES)).toEqual({
      reason: 'dangerous-attachment',
      detail: 'b.js',
      part: '3',
    }));

  test('by the endings of the settings alone', () => {
    expect(judgeName(['a.exe'], null, [])).toBeNull();
    expect(judgeName(['a.dwg'], null, ['dwg'])).not.toBeNull();
  });
});

describe('honest names pass', () => {
  test.each([
    'Laporan Tahunan 2025.pdf',
    'minit.mesyuarat.v2.docx',
    'senarai.exe.txt',
    'exe',
    '.exe.pdf',
    'kod.js.html',
    'example.com.pdf',
    'Re: example.com: laporan.pdf',
    'example.com; example.net.csv',
    'undangan.ics',
    'gambar（1）.jpg',
    '報告書.xlsx',
    'كتاب.doc',
    'README',
    'smime.p7s',
    'message/rfc822',
    '',
  ])('%j', (name) => expect(isDangerous(name)).toBe(false));

  test('an attached message whose subject ends in a domain', () => {
    expect(isDangerous('Selamat datang ke example.com', 'message/rfc822')).toBe(false);
    expect(isDangerous('Selamat datang.exe', 'message/rfc822')).toBe(true);
  });
});

test.each([
  ['a.PDF ', 'pdf'],
  ['a.tar.gz', 'gz'],
  ['x.y/z', ''],
  ['', ''],
])('the ending of %j is %j', (name, ending) => expect(endingOf(name)).toBe(ending));

test('what stands behind or is hidden in an ending does not save a program', () => {
  const hidden = fc.constantFrom('\u200b', '\u202e', '\u2066', '\u00ad', '\ufeff');
  const behind = fc.constantFrom(' ', '.', '\u00a0', '/', ';x.pdf', ':x.pdf', '\0x.pdf', '"');
  const name = fc.record({
    stem: fc.stringMatching(/^[a-z ]{1,10}$/),
    ending: fc.constantFrom('exe', 'js', 'SCR', 'ｂａｔ'),
    hidden: fc.array(hidden, { maxLength: 3 }),
    at: fc.nat(3),
    behind: fc.array(behind, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(name, (parts) => {
      const ending = `.${parts.ending}`;
      const filled = ending.slice(0, parts.at) + parts.hidden.join('') + ending.slice(parts.at);
      expect(isDangerous(parts.stem + filled + parts.behind.join(''))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a name that is as long as a header costs little', () => {
  const begun = performance.now();
  for (const piece of ['.', ' ', ';', '"', 'a.', '\ufdfa', '\u200b', '/. '])
    isDangerous(piece.repeat(100_000 / piece.length));
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('a shown name is one line without tricks, and has an end', () => {
  expect(shownName('faktur\u202efdp.exe\r\n')).toBe('faktur?fdp.exe??');
  expect(shownName(`${'a'.repeat(500)}.exe`)).toMatch(/^a{120}\.\.\.a+\.exe$/);
  expect(shownName(`${'a'.repeat(119)}😀${'a'.repeat(200)}`).isWellFormed()).toBe(true);
  expect(shownName('😀'.repeat(500)).length).toBeLessThanOrEqual(200);
});

describe('the size of attachments (PTPA 3/2017 L1 §10(iv))', () => {
  test.each([
    [10 * MB + 1, 10 * MB, '10.1 MB of 10 MB'],
    [Math.round(12.3 * MB), 10 * MB, '12.3 MB of 10 MB'],
    [2 * 1024 * MB, 10 * MB, '2 GB of 10 MB'],
    [501, 500, '501 B of 500 B'],
    [10.25 * MB + 1, 10.25 * MB, '10.3 MB of 10.2 MB'],
    [1024 * MB - 1, 1024 * MB - 2, '1024 MB of 1023.9 MB'],
  ])('%i octets against %i are "%s"', (bytes, limit, detail) =>
    expect(judgeSize(bytes, limit)).toEqual({ reason: 'attachment-size', detail, part: null }),
  );

  test('exactly the limit passes', () => expect(judgeSize(10_485_760, 10 * MB)).toBeNull());

  test('too much never reads like the limit', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.integer({ min: 1, max: 2 ** 20 }),
        (limit, more) => {
          const [total, most] = judgeSize(limit + more, limit)?.detail.split(' of ') ?? [];
          expect(total).not.toBe(most);
        },
      ),
    ));
});
