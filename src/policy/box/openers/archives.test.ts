import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';

interface TarFile {
  readonly name: string;
  readonly data: string | Buffer;
  readonly type?: string;
}

function tar(files: readonly TarFile[], end = 1_024): Buffer {
  const pieces = files.map(({ name, data, type = '0' }) => {
    const content = Buffer.from(data);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, 'utf8');
    header.write(`0000644\0`, 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(`${type}`, 156);
    header.write('ustar\x0000', 257, 'latin1');
    const sum = header.reduce((total, octet) => total + octet, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
  });
  return Buffer.concat([...pieces, Buffer.alloc(end)]);
}

const pax = (path: string): TarFile => {
  const record = ` path=${path}\n`;
  return { name: 'PaxHeaders/x', type: 'x', data: `${record.length + 2}${record}` };
};

const cases: [name: string, file: string, octets: Buffer, expected: string[]][] = [
  ['a clean tape', 'a.tar', tar([{ name: 'a.txt', data: CLEAN }]), []],
  ['a blocked link on a tape', 'a.tar', tar([{ name: 'a/b.txt', data: BLOCKED }]), ['external-storage 2!a/b.txt']],
  ['a packed tape', 'a.tgz', gzipSync(tar([{ name: 'a.txt', data: BLOCKED }])), ['external-storage 2!a.tar!a.txt']],
  ['a tape that is shorter than its end mark', 'a.tar', tar([{ name: 'a.txt', data: BLOCKED }], 0), ['external-storage 2!a.txt']],
  ['a program by a long name of GNU', 'a.tar', tar([{ name: '././@LongLink', type: 'L', data: 'long/run.exe\0' }, { name: 'long/r', data: 'x' }]), ['dangerous-attachment 2!long/run.exe']],
  ['a program by its name of pax', 'a.tar', tar([pax('a/run.exe'), { name: 'a/r', data: 'x' }]), ['dangerous-attachment 2!a/run.exe']],
  ['a program by what it is', 'a.tar', tar([{ name: 'a/r', data: PROGRAM }]), ['dangerous-attachment 2!a/r']],
  ['a file behind the end', 'a.tar', Buffer.concat([tar([{ name: 'a', data: 'x' }]), tar([{ name: 'b.txt', data: BLOCKED }])]), ['external-storage 2!b.txt']],
  ['half a tape', 'a.tar', tar([{ name: 'a', data: Buffer.alloc(2_000) }]).subarray(0, 1_024), ['unopened-archive 2']],
  ['a damaged header', 'a.tar', Buffer.concat([tar([{ name: 'a', data: 'x' }], 0), Buffer.alloc(512, 'x')]), ['unopened-archive 2']],
  ['a header whose sum is wrong', 'a.tar', Buffer.concat([tar([{ name: 'a', data: 'x' }], 0), Buffer.from(tar([{ name: 'b', data: 'x' }]).toString('latin1').replace('b', 'c'), 'latin1')]), ['unopened-archive 2']],
  ['long text by the name of a tape', 'a.tar', Buffer.from(`no tape: ${BLOCKED} `.repeat(40)), ['external-storage 2']],
  ['a clean packed file', 'a.txt.gz', gzipSync(CLEAN), []],
  ['a blocked link in a packed file', 'a.txt.gz', gzipSync(BLOCKED), ['external-storage 2!a.txt']],
  ['a packed file of two members', 'a.txt.gz', Buffer.concat([gzipSync('https://www.drop'), gzipSync('box.com/s/x')]), ['external-storage 2!a.txt']],
  ['a packed program', 'a.exe.gz', gzipSync('x'), ['dangerous-attachment 2!a.exe']],
  ['a packed program by the name inside', 'a.gz', named(gzipSync('x'), 'run.exe'), ['dangerous-attachment 2!a']],
  ['a packed file that is cut', 'a.gz', gzipSync(BLOCKED.repeat(10)).subarray(0, 30), ['unopened-archive 2']],
  ['text by the name of a tape', 'a.tar', Buffer.from(`no tape: ${BLOCKED}`), ['external-storage 2']],
]; // biome-ignore format: a table

function named(octets: Buffer, name: string): Buffer {
  const flagged = Buffer.from(octets);
  flagged[3] = 0x08;
  return Buffer.concat([flagged.subarray(0, 10), Buffer.from(`${name}\0`), flagged.subarray(10)]);
}

for (const [name, file, octets, expected] of cases) {
  test(`archives: ${name}`, async () => expect(await seenIn(file, octets)).toEqual(expected));
}
