import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';

const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
const rtf = (text: string): string => `{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Arial;}}\\f0\\fs24 ${text}\\par}`;
const flat = (body: string): string =>
  `<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">${body}</pkg:package>`;
const blocked = (part = '2'): string[] => [`external-storage ${part}`];

const cases: [name: string, file: string, text: string | Buffer, expected: string[]][] = [
  ['clean text', 'a.txt', `See ${CLEAN}`, []],
  ['text', 'a.txt', `See ${BLOCKED}`, blocked()],
  ['text in UTF-16', 'a.txt', Buffer.from(`\ufeffSee ${BLOCKED}`, 'utf16le'), blocked()],
  ['text in UTF-16 of the other order', 'a.txt', Buffer.from(`See ${BLOCKED}`, 'utf16le').swap16(), blocked()],
  ['a table', 'a.csv', `1;${BLOCKED};2`, blocked()],
  ['markup', 'a.html', `<a href="${BLOCKED}">x</a>`, blocked()],
  ['markup under another name', 'a.bin', `<!doctype html><a href="${BLOCKED}">x</a>`, blocked()],
  ['a picture', 'a.svg', `<svg><a xlink:href="${BLOCKED}"/></svg>`, blocked()],
  ['a letter in one file', 'a.doc', flat(`<Relationship Id="r" Target="${BLOCKED}" TargetMode="External"/>`), blocked()],
  ['a clean letter in one file', 'a.doc', flat(`<Relationship Id="r" Target="${CLEAN}" TargetMode="External"/>`), []],
  ['a letter of 2003', 'a.xml', flat(`<w:hlink w:dest="${BLOCKED}"><w:t>x</w:t></w:hlink>`), blocked()],
  ['a field of a letter in one file', 'a.xml', flat(`<w:fldSimple w:instr=' HYPERLINK "${BLOCKED}" '/>`), blocked()],
  ['a program in a letter in one file', 'a.xml', flat(`<pkg:part pkg:name="/word/a.bin"><pkg:binaryData>${PROGRAM.toString('base64')}</pkg:binaryData></pkg:part>`), ['dangerous-attachment 2!/word/a.bin']],
  ['a calendar', 'a.ics', calendar(`URL:${BLOCKED}`), blocked()],
  ['a clean calendar', 'a.ics', calendar(`URL:${CLEAN}`, 'DESCRIPTION:We meet\\nat noon'), []],
  ['a calendar with folded lines', 'a.ics', calendar('DESCRIPTION:see https://www.drop', ' box.com', '\t/s/x'), blocked()],
  ['a calendar with folded lines of Unix', 'a.ics', calendar('DESCRIPTION:see https://www.drop', ' box.com/s/x').replaceAll('\r\n', '\n'), blocked()],
  ['a calendar with escaped line ends', 'a.ics', calendar(`DESCRIPTION:See\\n${BLOCKED}\\nat noon`), blocked()],
  ['a calendar with markup', 'a.ics', calendar(`X-ALT-DESC;FMTTYPE=text/html:<a href="${BLOCKED}">x</a>`), blocked()],
  ['a link in a parameter', 'a.ics', calendar(`DESCRIPTION;ALTREP="${BLOCKED}":x`), blocked()],
  ['a program in a calendar', 'a.ics', calendar(`ATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY;FILENAME="a.png":${PROGRAM.toString('base64')}`), ['dangerous-attachment 2!a.png']],
  ['an address card', 'a.vcf', `BEGIN:VCARD\r\nURL:https://www.dropbox.co\r\n m/s/x\r\nEND:VCARD\r\n`, blocked()],
  ['an address that is followed', 'a.url', `[InternetShortcut]\r\nURL=${BLOCKED}\r\n`, blocked()],
  ['a clean address that is followed', 'a.url', `[InternetShortcut]\r\nURL=${CLEAN}\r\n`, []],
  ['an address of a desktop', 'a.desktop', `[Desktop Entry]\nType=Link\nURL=${BLOCKED}\n`, blocked()],
  ['an address of a Mac', 'a.webloc', `<?xml version="1.0"?><plist><dict><key>URL</key><string>${BLOCKED}</string></dict></plist>`, blocked()],
  ['an address of a Mac in binary', 'a.webloc', Buffer.concat([Buffer.from('bplist00\xd1\x01\x02SURL_\x10', 'latin1'), Buffer.from(BLOCKED), Buffer.alloc(8)]), blocked()],
  ['a library of Windows', 'a.library-ms', `<?xml version="1.0"?><libraryDescription><url>${BLOCKED}</url></libraryDescription>`, blocked()],
  ['clean rich text', 'a.rtf', rtf(`See ${CLEAN}`), []],
  ['rich text', 'a.rtf', rtf(`See ${BLOCKED}`), blocked()],
  ['a field of rich text', 'a.rtf', rtf(`{\\field{\\*\\fldinst{HYPERLINK "${BLOCKED}"}}{\\fldrslt x}}`), blocked()],
  ['rich text with letters as numbers', 'a.rtf', rtf("\\'68ttps://www.\\u100?ropb\\'6fx.com/s/x"), blocked()],
  ['rich text whose numbers stand alone', 'a.rtf', rtf('\\uc0 https://www.\\u100 ropbox.com/s/x'), blocked()],
  ['rich text that is cut by groups and lines', 'a.rtf', rtf('https://www.dro{\\b p}\r\nbox.com/s/x'), blocked()],
  ['a link of rich text that is cut by what is not shown', 'a.rtf', rtf('https://www.dro{\\*\\bkmkstart x}pb{\\pict 00}ox.com/s/x'), blocked()],
  ['a link of rich text that stands aside', 'a.rtf', rtf(`{\\*\\hl{\\hlsrc ${BLOCKED}}}{\\footnote x}`), blocked()],
  ['octets in rich text', 'a.rtf', Buffer.concat([Buffer.from('{\\rtf1{\\object{\\*\\objdata\\bin208 '), PROGRAM, Buffer.from('}}}')]), ['dangerous-attachment 2!object']],
  ['digits in rich text that are put among those of an object', 'a.rtf', rtf(`{\\object{\\*\\objdata {\\*\\x abc}${drawn('run.exe').toString('hex')}}}`), ['unopened-archive 2']],
  ['a program drawn into rich text', 'a.rtf', rtf(`{\\object{\\*\\objdata ${drawn('run.exe').toString('hex')}}}`), ['dangerous-attachment 2!run.exe']],
]; // biome-ignore format: a table

/** As WordPad draws a file into a text (MS-OLEDS §2.2.5). */
function drawn(name: string): Buffer {
  const number = (value: number): Buffer => {
    const octets = Buffer.alloc(4);
    octets.writeUInt32LE(value);
    return octets;
  };
  const path = Buffer.from(`C:\\${name}\0`);
  const native = [
    Buffer.from([2, 0]),
    Buffer.from(`${name}\0`),
    path,
    number(0x30000),
    number(path.length),
    path,
    number(PROGRAM.length),
    PROGRAM,
  ];
  const packed = Buffer.concat(native);
  return Buffer.concat([
    number(0x501),
    number(2),
    number(8),
    Buffer.from('Package\0'),
    number(0),
    number(0),
    number(packed.length),
    packed,
  ]);
}

for (const [name, file, text, expected] of cases) {
  test(`texts: ${name}`, async () => expect(await seenIn(file, text)).toEqual(expected));
}

test('texts: a line of a calendar that never ends costs no more than its length', async () => {
  const begun = performance.now();
  await seenIn('a.ics', `BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64:${'QUJD'.repeat(2_500_000)}`);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
