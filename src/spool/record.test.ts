import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { END, encodeRecord, MAGIC } from './record.ts';
import { type Found, scanSegment } from './scan-segment.ts';

const first = record('{"n":1}', 'first body\r\n');
const second = record('{"n":22}', 'the second body\r\n');
const third = record('{"n":333}', 'the third\r\n');

function record(envelope: string, text: string): Buffer {
  const body = Buffer.from(text);
  const chunks = [body.subarray(0, 3), body.subarray(3)];
  return Buffer.concat(encodeRecord(Buffer.from(envelope), { chunks, bytes: body.length, crc: crc32(body) }));
}

function scan(...parts: Buffer[]): Found[] {
  return [...scanSegment(Buffer.concat(parts))];
}

function summary(found: Found[]): string[] {
  return found.map((each) => (each.kind === 'record' ? each.envelopeJson.toString() : each.kind));
}

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

describe('a segment read back', () => {
  test('holds its records, in order, with their bodies', () => {
    const bytes = Buffer.concat([first, second]);
    const found = [...scanSegment(bytes)];
    expect(summary(found)).toEqual(['{"n":1}', '{"n":22}']);
    const bodies = found.map((each) =>
      each.kind === 'record'
        ? bytes.toString('utf8', each.to - END.length - each.head.bodyBytes, each.to - END.length)
        : each.kind,
    );
    expect(bodies).toEqual(['first body\r\n', 'the second body\r\n']);
  });

  test('cut at any octet, ends torn and keeps every record before the cut', () => {
    for (let length = 1; length < second.length; length++) {
      expect(summary(scan(first, second.subarray(0, length))), `cut at ${length}`).toEqual([
        '{"n":1}',
        'torn',
      ]);
    }
  });

  test('whose length reached the disk before its octets ends torn', () => {
    expect(summary(scan(first, Buffer.alloc(700)))).toEqual(['{"n":1}', 'torn']);
  });

  test('with any one bit changed yields no wrong record and loses only the record that was hit', () => {
    for (let bit = 0; bit < second.length * 8; bit++) {
      const found = summary(scan(first, flip(second, bit), third));
      expect(found, `bit ${bit}`).toEqual(['{"n":1}', 'damage', '{"n":333}']);
    }
  });

  test('with any one bit of its last record changed yields no wrong record', () => {
    for (let bit = 0; bit < second.length * 8; bit++) {
      const [kept, rest, ...more] = summary(scan(first, flip(second, bit)));
      expect([kept, more], `bit ${bit}`).toEqual(['{"n":1}', []]);
      expect(rest, `bit ${bit}`).toBe('damage');
    }
  });

  test('accounts for every octet, whatever they are', () => {
    let state = 1;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state;
    };
    for (let round = 0; round < 500; round++) {
      const pieces = Array.from({ length: 4 }, () => {
        const piece = [first, second, third, MAGIC, END, Buffer.alloc(random() % 50)][random() % 6] ?? first;
        return piece.subarray(random() % 5 === 0 ? random() % piece.length : 0);
      });
      const bytes = Buffer.concat(pieces);
      let at = 0;
      for (const found of scanSegment(bytes)) {
        expect(found.from).toBe(at);
        expect(found.to).toBeGreaterThan(at);
        at = found.to;
      }
      expect(at).toBe(bytes.length);
    }
  });

  test('of a format that is not known is damage, record by record', () => {
    const newer = Buffer.from(second);
    newer.writeUInt16BE(2, 8);
    newer.writeUInt32BE(crc32(newer.subarray(0, 28)), 28);
    const found = scan(first, newer, third);
    expect(summary(found)).toEqual(['{"n":1}', 'damage', '{"n":333}']);
    expect(found[1]).toMatchObject({ reason: 'format version 2 is not known' });
  });
});
