import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';
import { type CompoundEntry, compound } from '../../../../test/support/compound-writer.ts';
import { zip } from '../../../../test/support/zip-writer.ts';

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const odd = (text: string): Buffer => Buffer.concat([Buffer.from([7]), utf16(text), Buffer.alloc(3)]);
const named = (name: string): CompoundEntry => ({
  name: '__substg1.0_3707001F',
  data: utf16(name),
  storage: '__attach_version1.0_#00000000',
});
const attachment = (name: string, data: Buffer | string): CompoundEntry[] => [
  named(name),
  { name: '__substg1.0_37010102', data, storage: '__attach_version1.0_#00000000' },
];
const word = (flags: number): Buffer => {
  const octets = Buffer.alloc(64);
  octets.writeUInt16LE(flags, 10);
  return octets;
};
/** Long enough for the large sectors; a link lies over the border of two. */
const long = Buffer.concat([Buffer.alloc(5_110, '.'), Buffer.from(` ${BLOCKED} `), Buffer.alloc(600, '.')]);

const cases: [name: string, file: string, octets: Buffer, expected: string[]][] = [
  ['a clean letter', 'a.doc', compound([{ name: 'WordDocument', data: utf16(`See ${CLEAN}`) }]), []],
  ['a link', 'a.doc', compound([{ name: 'WordDocument', data: Buffer.from(`\x13 HYPERLINK "${BLOCKED}" \x14`) }]), ['external-storage 2']],
  ['a link in UTF-16', 'a.xls', compound([{ name: 'Workbook', data: utf16(BLOCKED) }]), ['external-storage 2']],
  ['a link in UTF-16 at an odd place', 'a.ppt', compound([{ name: 'PowerPoint Document', data: odd(BLOCKED) }]), ['external-storage 2']],
  ['a link over the border of sectors', 'a.doc', compound([{ name: 'WordDocument', data: long }]), ['external-storage 2']],
  ['a document of Office under a password', 'a.docx', compound([{ name: 'EncryptedPackage', data: 'x' }, { name: 'EncryptionInfo', data: 'x' }]), ['encrypted-archive 2']],
  ['an old letter under a password', 'a.doc', compound([{ name: 'WordDocument', data: word(0x0100) }]), ['encrypted-archive 2']],
  ['an old letter', 'a.doc', compound([{ name: 'WordDocument', data: word(0x0200) }]), []],
  ['an old workbook under a password', 'a.xls', compound([{ name: 'Workbook', data: Buffer.from('0908040000000000' + '2f0002000000', 'hex') }]), ['encrypted-archive 2']],
  ['an old workbook', 'a.xls', compound([{ name: 'Workbook', data: Buffer.from('0908040000000000' + '420002000000', 'hex') }]), []],
  ['a clean attachment of a message', 'a.msg', compound(attachment('a.txt', CLEAN)), []],
  ['markup in a message', 'a.msg', compound([{ name: '__substg1.0_10130102', data: '<html><a href="https&#58;//www.dropb&#111;x.com/s/x">x</a>' }]), ['external-storage 2']],
  ['an archive in a message', 'a.msg', compound(attachment('a.zip', zip([{ name: 'b.txt', data: BLOCKED }]))), ['external-storage 2!a.zip!b.txt']],
  ['a program in a message by its name', 'a.msg', compound(attachment('run.exe', 'x')), ['dangerous-attachment 2!run.exe']],
  ['a program in a message by what it is', 'a.msg', compound(attachment('a.png', PROGRAM)), ['dangerous-attachment 2!a.png']],
  ['no more than the mark', 'a.doc', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from(`see ${BLOCKED}`)]), ['external-storage 2']],
]; // biome-ignore format: a table

for (const [name, file, octets, expected] of cases) {
  test(`ole: ${name}`, async () => expect(await seenIn(file, octets)).toEqual(expected));
}

test('ole: chains that lead round in circles end', async () => {
  const octets = compound([{ name: 'WordDocument', data: Buffer.alloc(8_000, 'x') }]);
  // Every sector is followed by itself.
  for (let i = 0; i < 128; i++) octets.writeUInt32LE(i, 512 + i * 4);
  expect(await seenIn('a.doc', octets)).toEqual([]);
});
