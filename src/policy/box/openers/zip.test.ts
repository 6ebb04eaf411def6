import { deflateRawSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, foundIn, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';
import { type ZipFile, zip } from '../../../../test/support/zip-writer.ts';

const letter = (link: string, more: Partial<ZipFile> = {}): ZipFile => ({
  name: 'folder/letter.txt',
  data: `Please see ${link} today.`,
  ...more,
});

const cases: [name: string, archive: Buffer, expected: string[]][] = [
  ['a clean archive', zip([letter(CLEAN), letter(CLEAN, { name: 'b.txt', stored: true })]), []],
  ['a blocked link in a deflated file', zip([letter(BLOCKED)]), ['external-storage 2!folder/letter.txt']],
  [
    'a blocked link in a stored file',
    zip([letter(BLOCKED, { stored: true })]),
    ['external-storage 2!folder/letter.txt'],
  ],
  [
    'a blocked link behind a harmless file',
    zip([letter(CLEAN, { name: 'a.txt' }), letter(BLOCKED)]),
    ['external-storage 2!folder/letter.txt'],
  ],
  [
    'a blocked link in markup',
    zip([{ name: 'page.html', data: `<p><a href="${BLOCKED}">x</a>` }]),
    ['external-storage 2!page.html'],
  ],
  ['a link in UTF-16', zip([{ name: 'a.txt', data: Buffer.from(BLOCKED, 'utf16le') }]), ['external-storage 2!a.txt']],
  ['a program by its name', zip([{ name: 'a/run.EXE', data: 'no' }]), ['dangerous-attachment 2!a/run.EXE']],
  ['a program by what it is', zip([{ name: 'a/photo.jpg', data: PROGRAM }]), ['dangerous-attachment 2!a/photo.jpg']],
  [
    'an archive that is not opened',
    zip([{ name: 'b.rar', data: 'Rar!\x1a\x07\x00......' }]),
    ['unopened-archive 2!b.rar'],
  ],
  ['an archive in the archive', zip([{ name: 'in.zip', data: zip([letter(BLOCKED)]) }]), ['external-storage 2!in.zip!folder/letter.txt']],
  ['a stored archive in the archive', zip([{ name: 'in.zip', data: zip([letter(CLEAN)]), stored: true }]), []],
  ['an archive in gzip in the archive', zip([{ name: 'in.zip.gz', data: gzipSync(zip([letter(BLOCKED)])) }]), ['external-storage 2!in.zip.gz!in.zip!folder/letter.txt']],
  ['a folder', zip([{ name: 'folder/', data: '', stored: true }, letter(CLEAN)]), []],
  ['an empty archive', zip([]), []],
  ['an empty file', zip([letter('', { data: '' }), { name: 'b', data: '', stored: true, method: 8 }]), []],
  ['a password', zip([letter('', { flags: 0x0801 })]), ['encrypted-archive 2!folder/letter.txt']],
  ['a password of AES', zip([letter('', { method: 99, flags: 0x0801 })]), ['encrypted-archive 2!folder/letter.txt']],
  ['a program under a password', zip([{ name: 'run.exe', data: 'x', flags: 1 }]), ['dangerous-attachment 2!run.exe', 'encrypted-archive 2!run.exe']],
  ['strong encryption', zip([letter('', { flags: 0x0841 })]), ['encrypted-archive 2']],
  ['a packing that is not known', zip([letter(CLEAN, { method: 14 })]), ['unopened-archive 2!folder/letter.txt']],
  ['a file that the list does not have', zip([letter(CLEAN), letter(BLOCKED, { name: 'x.txt', hidden: true })]), ['unopened-archive 2']],
  ['another name in front of the file', zip([letter(CLEAN, { localName: 'folder/letter.exe' })]), ['unopened-archive 2']],
  ['two files of one name', zip([letter(CLEAN), letter(CLEAN)]), ['unopened-archive 2']],
  ['files that overlap', zip([letter(CLEAN), letter(CLEAN, { name: 'b.txt', sameAs: 0 })]), ['unopened-archive 2']],
  ['a size that is not true', zip([letter(CLEAN, { bytes: 3 })]), ['unopened-archive 2!folder/letter.txt']],
  ['a second archive in the comment', zip([letter(CLEAN)], { comment: zip([letter(BLOCKED)]).toString('latin1') }), ['unopened-archive 2']],
  ['a second archive behind', zip([letter(CLEAN)], { trailing: zip([letter(BLOCKED, { data: `A longer one: ${BLOCKED}` })]).toString('latin1') }), ['unopened-archive 2', 'external-storage 2!folder/letter.txt']],
  ['a second archive in front', zip([letter(CLEAN)], { prefix: zip([letter(BLOCKED)]).toString('latin1') }), ['unopened-archive 2']],
  ['a comment', zip([letter(CLEAN)], { comment: 'Made by hand.' }), []],
  ['a stored file of two sizes', zip([letter(CLEAN, { stored: true, bytes: 9_000 })]), ['unopened-archive 2']],
  ['a line end behind', zip([letter(CLEAN)], { trailing: '\r\n' }), []],
  ['something in front', zip([letter(BLOCKED)], { prefix: 'in front' }), ['external-storage 2!folder/letter.txt']],
  ['half an archive', zip([letter(CLEAN, { data: Buffer.alloc(5000, 'abc') })]).subarray(0, 60), ['unopened-archive 2']],
  ['a damaged file', damaged(zip([letter(CLEAN)])), ['unopened-archive 2!folder/letter.txt']],
]; // biome-ignore format: a table

function damaged(octets: Buffer): Buffer {
  octets.fill(0xff, 48, 60);
  return octets;
}

for (const [name, archive, expected] of cases) {
  test(`zip: ${name}`, async () => expect(await seenIn('letters.zip', archive)).toEqual(expected));
}

function nested(levels: number): Buffer {
  let octets = zip([letter(BLOCKED)]);
  for (let i = 1; i < levels; i++) octets = zip([{ name: `${levels - i}.zip`, data: octets }]);
  return octets;
}

test('ten archives in each other are opened, eleven are not', async () => {
  expect((await foundIn('a.zip', nested(10))).map(({ reason }) => reason)).toEqual(['external-storage']);
  const found = await foundIn('a.zip', nested(11));
  expect(found.map(({ reason }) => reason)).toEqual(['unopened-archive']);
  expect(found[0]?.detail).toContain('more than 10 archives');
});

test('what unpacks to more than 200 times its size is not unpacked to its end', async () => {
  const found = await foundIn(
    'zeros.zip',
    zip([{ name: 'zeros.txt', data: Buffer.alloc(30_000_000, 'a ') }]),
  );
  expect(found).toMatchObject([{ reason: 'unopened-archive', part: '2!zeros.txt' }]);
  expect(found[0]?.detail).toContain('200 times');
});

test('files that lie over each other are not unpacked, however often', async () => {
  const kernel = letter(BLOCKED, { name: 'a.txt' });
  const quotes = Array.from({ length: 5_000 }, () => ({ ...kernel, sameAs: 0 }));
  const found = await foundIn('a.zip', zip([kernel, ...quotes]));
  expect(found.map(({ detail }) => detail)).toEqual(['a.zip: files in it overlap']);
});

test('many small bombs are one large one', async () => {
  const bomb = zip([{ name: 'zeros.txt', data: Buffer.alloc(9_000_000, 'a ') }]);
  const files = Array.from({ length: 40 }, (_, i) => ({ name: `${i}.zip`, data: bomb }));
  await expect(foundIn('zeros.zip', zip(files))).rejects.toThrow('200 MB');
});

test('more files than 10,000 end the opening', async () => {
  const files = Array.from({ length: 10_001 }, (_, i) => ({ name: `${i}`, data: '', stored: true }));
  await expect(foundIn('many.zip', zip(files))).rejects.toThrow('10000 files');
});

test('names in findings are printable and cut', async () => {
  const name = `\u001b[31m${'long '.repeat(60)}.exe`;
  const [found] = await foundIn('a.zip', zip([{ name, data: 'x' }]));
  expect(found?.part).not.toContain('\u001b');
  expect(found?.part?.length).toBeLessThan(120);
  expect(found?.detail.length).toBeLessThanOrEqual(300);
});

/** What is named like an archive and is none is what it is. */
const notZip: [string, string, Buffer | string][] = [
  ['a key for a server', 'server.key', '-----BEGIN PRIVATE KEY-----\nMIIE\n'],
  ['what a Mac puts beside a document', '._letter.docx', Buffer.from('0005160700020000', 'hex')],
  ['nothing at all', 'empty.zip', ''],
];
for (const [name, file, octets] of notZip) {
  test(`no archive: ${name}`, async () => expect(await seenIn(file, octets)).toEqual([]));
}

test('a stream that goes on behind the file is that of the file', async () => {
  const data = Buffer.concat([deflateRawSync(Buffer.from(`see ${BLOCKED}`)), Buffer.from('behind')]);
  const archive = zip([{ name: 'a.txt', data, method: 8, stored: true, bytes: 4 + BLOCKED.length }]);
  expect(await seenIn('a.zip', archive)).toEqual(['external-storage 2!a.txt']);
});
