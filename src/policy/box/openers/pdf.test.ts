import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';
import { linkTo, page, stream } from '../../../../test/support/pdf-writer.ts';
import { zip } from '../../../../test/support/zip-writer.ts';

const hex = (text: string, encoding: BufferEncoding = 'latin1'): string =>
  `<${Buffer.from(text, encoding).toString('hex')}>`;
const utf16 = (text: string): string => `<feff${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
const utf16text = (text: string): Buffer =>
  Buffer.concat([Buffer.from('feff', 'hex'), Buffer.from(text, 'utf16le').swap16()]);
const attached = (name: string, octets: Buffer) => ({
  catalog: `/Names<</EmbeddedFiles<</Names[(${name}) 6 0 R]>>>>`,
  more: [`<</Type/Filespec/F(${name})/EF<</F 7 0 R>>>>`, stream(octets, '/Type/EmbeddedFile')],
});
const text = (pieces: string): string => `BT /F1 12 Tf 10 100 Td ${pieces} TJ ET`;

const cases: [name: string, octets: Buffer, expected: string[]][] = [
  ['a clean page', page({ annotations: linkTo(`(${CLEAN})`), content: text(`[(See ${CLEAN})]`) }), []],
  ['a link', page({ annotations: linkTo(`(${BLOCKED})`) }), ['external-storage 2']],
  ['a link in hexadecimal', page({ annotations: linkTo(hex(BLOCKED)) }), ['external-storage 2']],
  ['a link with octal letters', page({ annotations: linkTo('(https://www\\056dropbox\\056com/s/x)') }), ['external-storage 2']],
  ['a link in UTF-16', page({ annotations: linkTo(utf16(BLOCKED)) }), ['external-storage 2']],
  ['a link without a scheme', page({ annotations: linkTo('(www.dropbox.com/s/x)') }), ['external-storage 2']],
  ['a link to a file elsewhere', page({ annotations: `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/GoToR/F${hex(BLOCKED)}>>>>` }), ['external-storage 2']],
  ['text that is kerned', page({ content: text('[(https://www.dro) -20 (pbox.com/s/x)]') }), ['external-storage 2']],
  ['a packed script', page({ catalog: '/OpenAction<</S/JavaScript/JS 6 0 R>>', more: [stream(deflateSync(`app.launchURL("${BLOCKED}")`), '/Filter/FlateDecode')] }), ['external-storage 2']],
  ['a form that is sent, in hexadecimal', page({ catalog: `/OpenAction<</S/SubmitForm/F<</FS/URL/F${hex(BLOCKED)}>>>>` }), ['external-storage 2']],
  ['a form that is sent, with octal letters, behind a note', page({ catalog: `/OpenAction<</S/SubmitForm %(\n/F<</FS/URL/F(https://www\\56dropbox\\56com/s/x)>>>>` }), ['external-storage 2']],
  ['a form that is sent, in UTF-16 among packed objects that call themselves a picture', page({ more: [stream(deflateSync(Buffer.concat([Buffer.from('<</S/SubmitForm/F('), utf16text(BLOCKED), Buffer.from(')>>')])), '/Type/ObjStm/X/Image/Filter/FlateDecode')] }), ['external-storage 2']],
  ['a form that is sent, over two lines', page({ catalog: '/OpenAction<</S/SubmitForm/F<</FS/URL/F(https://www.drop\\\r\nbox.com/s/x)>>>>' }), ['external-storage 2']],
  ['a bookmark', page({ catalog: '/Outlines 6 0 R', more: ['<</First 7 0 R/Last 7 0 R/Count 1>>', `<</Title(x)/Parent 6 0 R/A<</S/URI/URI${hex(BLOCKED)}>>>>`] }), ['external-storage 2']],
  ['a clean file in it', page(attached('a.txt', Buffer.from(CLEAN))), []],
  ['an archive in it', page(attached('a.zip', zip([{ name: 'b.txt', data: BLOCKED }]))), ['external-storage 2!a.zip!b.txt']],
  ['a program in it', page(attached('a.dat', PROGRAM)), ['dangerous-attachment 2!a.dat']],
  ['a program in it by its name', page(attached('a.exe', Buffer.from('x'))), ['dangerous-attachment 2!a.exe']],
  ['a password', page({ more: [`<</Filter/Standard/V 1/R 2/P -44/O<${'00'.repeat(32)}>/U<${'11'.repeat(32)}>>>`] }, `/Encrypt 6 0 R/ID[<${'22'.repeat(16)}><${'22'.repeat(16)}>]`), ['encrypted-archive 2']],
  ['no pages at all', Buffer.from('%PDF-1.4\nno more than that'), ['unopened-archive 2']],
  ['a blocked link in a damaged document', Buffer.from(`%PDF-1.4\n1 0 obj\n<</S/URI/URI(${BLOCKED})>>`), ['external-storage 2', 'unopened-archive 2']],
  ['a document without its list of places', Buffer.from(page({ annotations: linkTo(`(${BLOCKED})`) }).toString('latin1').replace(/xref.*trailer/s, 'trailer'), 'latin1'), ['external-storage 2']],
]; // biome-ignore format: a table

for (const [name, octets, expected] of cases) {
  test(`pdf: ${name}`, async () => expect(await seenIn('letter.pdf', octets)).toEqual(expected));
}

test('pdf: streams that unpack to hundreds of times their size are left alone when no page uses them', async () => {
  const bomb = stream(deflateSync(Buffer.alloc(90_000_000)), '/Filter/FlateDecode');
  const octets = page({ more: [bomb, bomb, bomb] });
  expect(await seenIn('letter.pdf', octets)).toEqual([]);
});
