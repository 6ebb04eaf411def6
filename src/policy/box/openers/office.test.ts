import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';
import { compound } from '../../../../test/support/compound-writer.ts';
import { type ZipFile, zip } from '../../../../test/support/zip-writer.ts';

const TYPES: ZipFile = {
  name: '[Content_Types].xml',
  data: '<Types xmlns="http://schemas.openxmlformats.org/x"/>',
};
const docx = (...files: ZipFile[]): Buffer => zip([TYPES, ...files]);
const word = (body: string): ZipFile => ({
  name: 'word/document.xml',
  data: `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/w"><w:body>${body}</w:body></w:document>`,
});
const rels = (name: string, ...relations: string[]): ZipFile => ({
  name,
  data: `<Relationships>${relations.map((one) => `<Relationship Id="r" ${one}/>`).join('')}</Relationships>`,
});
const MY_DRIVE = 'https://moh-my.sharepoint.com/personal/ali/Documents/';

const cases: [name: string, file: string, octets: Buffer, expected: string[]][] = [
  ['a clean letter', 'a.docx', docx(word(`<w:p><w:r><w:t>See ${CLEAN}</w:t></w:r></w:p>`)), []],
  [
    'a link element',
    'a.docx',
    docx(
      word('<w:p/>'),
      rels('word/_rels/document.xml.rels', `Type="http://x/hyperlink" Target="${BLOCKED}" TargetMode="External"`),
    ),
    ['external-storage 2!word/_rels/document.xml.rels'],
  ],
  [
    'a link element with references to characters and single quotes',
    'a.docx',
    docx(rels('word/_rels/document.xml.rels', "TargetMode='External' Target='https&#x3A;//www&#46;dropbox.com/s/x?a=1&amp;b=2'")),
    ['external-storage 2!word/_rels/document.xml.rels'],
  ],
  [
    'a template from elsewhere',
    'a.docx',
    docx(rels('word/_rels/settings.xml.rels', `Type="http://x/attachedTemplate" Target="mhtml:${BLOCKED}!x"`)),
    ['external-storage 2!word/_rels/settings.xml.rels'],
  ],
  [
    'text cut into runs',
    'a.docx',
    docx(word('<w:p><w:r><w:t>https://www.drop</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>box.com/s/x</w:t></w:r></w:p>')),
    ['external-storage 2!word/document.xml'],
  ],
  [
    'a field cut into runs',
    'a.docx',
    docx(word(`<w:p><w:r><w:instrText> HYPERLINK "https://www.dropb</w:instrText></w:r><w:r><w:instrText>ox.com/s/x" </w:instrText></w:r></w:p>`)),
    ['external-storage 2!word/document.xml'],
  ],
  [
    'a simple field',
    'a.docx',
    docx(word(`<w:p><w:fldSimple w:instr=' HYPERLINK &quot;${BLOCKED}&quot; '/></w:p>`)),
    ['external-storage 2!word/document.xml'],
  ],
  [
    'two words beside each other are not one',
    'a.docx',
    docx(word('<w:p><w:r><w:t>dropbox.com</w:t></w:r></w:p><w:p><w:r><w:t>/s/x</w:t></w:r></w:p>')),
    [],
  ],
  [
    'a document in UTF-16',
    'a.docx',
    docx({ name: 'word/document.xml', data: Buffer.from(`\ufeff<w:p><w:t>${BLOCKED}</w:t></w:p>`, 'utf16le') }),
    ['external-storage 2!word/document.xml'],
  ],
  [
    'shared strings',
    'a.xlsx',
    docx({ name: 'xl/sharedStrings.xml', data: `<sst><si><r><t>https://we</t></r><r><t>.tl/abc</t></r></si></sst>` }),
    ['external-storage 2!xl/sharedStrings.xml'],
  ],
  [
    'a formula of two pieces',
    'a.xlsx',
    docx({ name: 'xl/worksheets/sheet1.xml', data: '<c><f>HYPERLINK("https://www.drop" &amp; "box.com/s/x","x")</f><v>x</v></c>' }),
    ['external-storage 2!xl/worksheets/sheet1.xml'],
  ],
  [
    'strings of a binary sheet',
    'a.xlsb',
    docx({ name: 'xl/sharedStrings.bin', data: Buffer.concat([Buffer.from([1]), Buffer.from(BLOCKED, 'utf16le'), Buffer.alloc(4)]) }),
    ['external-storage 2!xl/sharedStrings.bin'],
  ],
  [
    'a slide',
    'a.pptx',
    docx({ name: 'ppt/slides/slide1.xml', data: `<a:p><a:r><a:t>${BLOCKED}</a:t></a:r></a:p>` }),
    ['external-storage 2!ppt/slides/slide1.xml'],
  ],
  [
    'the folder in which a workbook was saved, and the workbook that it takes data from',
    'a.xlsx',
    docx(
      { name: 'xl/workbook.xml', data: `<workbook><x15ac:absPath url="${MY_DRIVE}"/></workbook>` },
      { name: 'docProps/custom.xml', data: `<Properties><vt:lpwstr>${MY_DRIVE}a.xlsx</vt:lpwstr></Properties>` },
      rels('xl/externalLinks/_rels/externalLink1.xml.rels', `Type="http://x/externalLinkPath" Target="${MY_DRIVE}b.xlsx" TargetMode="External"`),
    ),
    [],
  ],
  [
    'a document in the document',
    'a.docx',
    docx({ name: 'word/embeddings/b.xlsx', data: docx({ name: 'xl/sharedStrings.xml', data: `<si><t>${BLOCKED}</t></si>` }), stored: true }),
    ['external-storage 2!word/embeddings/b.xlsx!xl/sharedStrings.xml'],
  ],
  ['a program in the document', 'a.docx', docx({ name: 'word/media/image1.png', data: PROGRAM }), ['dangerous-attachment 2!word/media/image1.png']],
  ['markup in the document', 'a.docx', docx({ name: 'word/chunk.html', data: `<html><a href="${BLOCKED}">x</a>` }), ['external-storage 2!word/chunk.html']],
  [
    'a program among the properties',
    'a.docx',
    docx({ name: 'docProps/thumbnail.jpeg', data: PROGRAM }),
    ['dangerous-attachment 2!docProps/thumbnail.jpeg'],
  ],
  [
    'a page among the properties of what is no document by its name',
    'a.zip',
    docx({ name: 'docProps/page.xml', data: `<html xmlns="http://www.w3.org/1999/xhtml"><a href="${BLOCKED}">x</a></html>` }),
    ['external-storage 2!docProps/page.xml'],
  ],
  [
    'a source of data',
    'a.xlsx',
    docx({ name: 'xl/connections.xml', data: `<connections><webPr url="${BLOCKED}"/></connections>` }),
    ['external-storage 2!xl/connections.xml'],
  ],
  [
    'a link of OpenDocument',
    'a.odt',
    zip([
      { name: 'mimetype', data: 'application/vnd.oasis.opendocument.text', stored: true },
      { name: 'content.xml', data: `<text:p><text:a xlink:href="${BLOCKED}">x</text:a></text:p>` },
    ]),
    ['external-storage 2!content.xml'],
  ],
  [
    'a link element with marks of a tag in its values',
    'a.docx',
    docx(rels('word/_rels/document.xml.rels', `Foo="a>b" Target="${BLOCKED}?a>b"`)),
    ['external-storage 2!word/_rels/document.xml.rels'],
  ],
  [
    'a link element with blanks before its value',
    'a.docx',
    docx(rels('word/_rels/document.xml.rels', `Target${' '.repeat(300)}=${' '.repeat(300)}"${BLOCKED}"`)),
    ['external-storage 2!word/_rels/document.xml.rels'],
  ],
  [
    'a link element to a folder of the web',
    'a.docx',
    docx(rels('word/_rels/document.xml.rels', String.raw`Target="\\www.dropbox.com@SSL\DavWWWRoot\s\x" TargetMode="External"`)),
    ['external-storage 2!word/_rels/document.xml.rels'],
  ],
  [
    'a link element that calls itself a source of data',
    'a.docx',
    docx(rels('word/_rels/document.xml.rels', `Type="http://x/externalLinkPath" Target="${BLOCKED}"`)),
    ['external-storage 2!word/_rels/document.xml.rels'],
  ],
  [
    'the base of all links',
    'a.docx',
    docx({ name: 'docProps/app.xml', data: `<Properties><HyperlinkBase>https://www.dropbox.com/s/</HyperlinkBase></Properties>` }),
    ['external-storage 2!docProps/app.xml'],
  ],
  [
    'a letter where nobody looks',
    'a.docx',
    docx({ name: 'customXml/item1.xml', data: `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:t>${BLOCKED}</w:t></w:p></w:document>` }),
    ['external-storage 2!customXml/item1.xml'],
  ],
  [
    'data of SharePoint',
    'a.docx',
    docx({ name: 'customXml/item1.xml', data: `<p:properties xmlns:p="http://schemas.microsoft.com/office/2006/metadata/properties"><a>${MY_DRIVE}</a></p:properties>` }),
    [],
  ],
  [
    'a letter under another ending',
    'a.docx',
    docx({ name: 'word/document.txt', data: '<?xml version="1.0"?><w:p><w:t>https://www.drop</w:t><w:t>box.com/s/x</w:t></w:p>' }),
    ['external-storage 2!word/document.txt'],
  ],
  [
    'a program that was drawn into a workbook',
    'a.xlsx',
    docx({ name: 'xl/embeddings/oleObject1.bin', data: compound([{ name: '__substg1.0_37010102', data: PROGRAM }]) }),
    ['dangerous-attachment 2!xl/embeddings/oleObject1.bin!file'],
  ],
  [
    'a program that was drawn into a letter, under the name of a text',
    'a.docx',
    docx({ name: 'word/embeddings/b.xml', data: compound([{ name: '__substg1.0_37010102', data: PROGRAM }]) }),
    ['dangerous-attachment 2!word/embeddings/b.xml!file'],
  ],
  [
    'OpenDocument under a password',
    'a.odt',
    zip([
      { name: 'content.xml', data: 'xxxx', stored: true },
      { name: 'META-INF/manifest.xml', data: '<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>' },
    ]),
    ['encrypted-archive 2!META-INF/manifest.xml'],
  ],
]; // biome-ignore format: a table

for (const [name, file, octets, expected] of cases) {
  test(`office: ${name}`, async () => expect(await seenIn(file, octets)).toEqual(expected));
}
