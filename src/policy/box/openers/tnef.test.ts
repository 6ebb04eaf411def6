import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';

const TITLE = 0x0001_8010;
const DATA = 0x0006_800f;
const RENDERING = 0x0006_9002;
const PROPERTIES = 0x0006_9003;
const ATTACHED = 0x0006_9005;

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
/** Behind the count of all. */
function property(tag: string, value: Buffer): Buffer {
  const octets = Buffer.alloc(16 + value.length);
  octets.writeUInt32LE(1, 0);
  octets.write(tag, 4, 'hex');
  octets.writeUInt32LE(1, 8);
  octets.writeUInt32LE(value.length, 12);
  value.copy(octets, 16);
  return octets;
}

function tnef(...attributes: [id: number, value: Buffer | string][]): Buffer {
  const pieces = attributes.map(([id, value]) => {
    const octets = Buffer.from(value);
    const head = Buffer.alloc(9);
    head[0] = 2;
    head.writeUInt32LE(id, 1);
    head.writeUInt32LE(octets.length, 5);
    return Buffer.concat([head, octets, Buffer.alloc(2)]);
  });
  return Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...pieces]);
}

/** Rich text packed without one reference: runs of eight letters behind a zero. */
function packed(text: string): Buffer {
  const runs: Buffer[] = [];
  for (let at = 0; at < text.length; at += 8)
    runs.push(Buffer.from([0]), Buffer.from(text.slice(at, at + 8)));
  const body = Buffer.concat(runs);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(body.length + 12, 0);
  head.writeUInt32LE(text.length, 4);
  head.write('LZFu', 8);
  return Buffer.concat([Buffer.from('0901'), head, body]);
}

const cases: [name: string, octets: Buffer, expected: string[]][] = [
  ['a clean file', tnef([RENDERING, 'x'], [TITLE, 'a.txt\0'], [DATA, CLEAN]), []],
  ['a blocked link in a file', tnef([RENDERING, 'x'], [TITLE, 'a.txt\0'], [DATA, BLOCKED]), ['external-storage 2!a.txt']],
  ['two files', tnef([RENDERING, 'x'], [TITLE, 'a.txt\0'], [DATA, CLEAN], [RENDERING, 'x'], [TITLE, 'b.txt\0'], [DATA, BLOCKED]), ['external-storage 2!b.txt']],
  ['a program by its name', tnef([RENDERING, 'x'], [DATA, 'x'], [TITLE, 'run.exe\0']), ['dangerous-attachment 2!run.exe']],
  ['a program by what it is', tnef([RENDERING, 'x'], [DATA, PROGRAM]), ['dangerous-attachment 2!file']],
  ['a program by its long name', tnef([RENDERING, 'x'], [TITLE, 'a.txt\0'], [DATA, 'x'], [ATTACHED, property('1f000737', utf16('run.js\0'))]), ['dangerous-attachment 2!a.txt']],
  ['a program among the properties', tnef([RENDERING, 'x'], [TITLE, 'a.txt\0'], [ATTACHED, property('02010137', PROGRAM)]), ['dangerous-attachment 2!a.txt']],
  ['a message in the message', tnef([RENDERING, 'x'], [ATTACHED, property('0d000137', Buffer.concat([Buffer.alloc(16), tnef([RENDERING, 'x'], [DATA, PROGRAM])]))]), ['dangerous-attachment 2!file!file']],
  ['markup in a property', tnef([PROPERTIES, '<body><a href="https&#58;//www.dropb&#111;x.com/s/x">x</a>']), ['external-storage 2']],
  ['a link in a property', tnef([PROPERTIES, Buffer.from(BLOCKED, 'utf16le')]), ['external-storage 2']],
  ['a link in packed rich text', tnef([PROPERTIES, packed(`{\\rtf1 ${BLOCKED}}`)]), ['external-storage 2']],
  ['half of one', tnef([TITLE, 'a.txt\0'], [DATA, CLEAN]).subarray(0, 40), ['unopened-archive 2']],
]; // biome-ignore format: a table

for (const [name, octets, expected] of cases) {
  test(`tnef: ${name}`, async () => expect(await seenIn('winmail.dat', octets)).toEqual(expected));
}
