import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCKED, foundIn, seenIn } from '../../../test/support/boxed.ts';
import { compound } from '../../../test/support/compound-writer.ts';
import { linkTo, page } from '../../../test/support/pdf-writer.ts';
import { zip } from '../../../test/support/zip-writer.ts';

const files: [name: string, octets: Buffer][] = [
  ['a.zip', zip([{ name: 'a.txt', data: BLOCKED }, { name: 'b.zip', data: zip([{ name: 'c.html', data: BLOCKED }]) }])],
  ['a.docx', zip([{ name: '[Content_Types].xml', data: '<x/>' }, { name: 'word/document.xml', data: `<p><t>${BLOCKED}</t></p>` }])],
  ['a.txt.gz', gzipSync(BLOCKED)],
  ['a.tar', Buffer.alloc(2_048)],
  ['a.pdf', page({ annotations: linkTo(`(${BLOCKED})`) })],
  ['a.doc', compound([{ name: 'WordDocument', data: BLOCKED }, { name: '\x01Ole10Native', data: BLOCKED }])],
  ['a.rtf', Buffer.from(`{\\rtf1 {\\*\\objdata 0105${'00'.repeat(20)}} ${BLOCKED}}`)],
  ['a.dat', Buffer.concat([Buffer.from('789f3e220100', 'hex'), Buffer.alloc(80, 1)])],
  ['a.ics', Buffer.from(`BEGIN:VCALENDAR\r\nURL:${BLOCKED}\r\nATTACH;ENCODING=BASE64:QUJD\r\n`)],
]; // biome-ignore format: a table

const behind = (start: string, octets: Buffer): Buffer => Buffer.concat([Buffer.from(start), octets]);
const image = Buffer.alloc(40_000);
image.write('{\\rtf1 }');
image.write('CD001', 32_769);
const disguised: [name: string, octets: Buffer, expected: string[]][] = [
  ['a.zip', behind('{\\rtf1 }', zip([{ name: 'b.txt', data: BLOCKED }])), ['external-storage 2!b.txt']],
  ['a.eml', behind('{\\rtf: x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n', Buffer.from(Buffer.from(`<a href="${BLOCKED}">x</a>`).toString('base64'))), ['external-storage 2!1']],
  ['a.html', behind('{\\rtf1 }', Buffer.from('<a href="https&#58;//www.dropb&#111;x.com/s/x">x</a>')), ['external-storage 2']],
  ['a.iso', image, ['unopened-archive 2']],
  ['a.pdf', zip([{ name: 'b.txt', data: BLOCKED }]), ['external-storage 2!b.txt']],
]; // biome-ignore format: a table

for (const [name, octets, expected] of disguised) {
  test(`${name} that begins like something else is also what its name says`, async () => {
    expect(await seenIn(name, octets)).toEqual(expected);
  });
}

test('names in archives are one line of a finding', async () => {
  const found = await foundIn('a.zip', zip([{ name: 'a\r\n\x1b[2J.txt', data: 'x', bytes: 3 }]));
  expect(found.map(({ detail }) => detail)).toEqual([
    'a.zip: a???[2J.txt has another size than the list says',
  ]);
});

test('what a document repeats is told a few times at most', async () => {
  const found = await foundIn('a.pdf', page({ annotations: linkTo(`(${BLOCKED})`).repeat(50) }));
  // As it stands there, and as it is read.
  expect(found.length).toBeLessThanOrEqual(2);
});

for (const [name, octets] of files) {
  test(`octets of ${name} that are changed at random are a finding at most`, async () => {
    const change = fc.tuple(fc.nat(octets.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (changes, cut) => {
          const changed = Buffer.from(octets);
          for (const [at, octet] of changes) changed[at] = octet;
          const [first] = changes;
          const found = await foundIn(name, cut ? changed.subarray(0, first?.[0]) : changed);
          for (const one of found) {
            expect(one.detail).not.toContain('it cannot be opened');
            expect(one.detail.length).toBeLessThanOrEqual(300);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
}
