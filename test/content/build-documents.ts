/** Documents in octets, small and real: PDF, Office of both kinds, pictures, and programs by their first octets. */
import { crc32, deflateSync } from 'node:zlib';
import { zip } from './build-archives.ts';

/** Pages of text, each with links that can be clicked. `compressed`: the objects lie in an object stream. */
export function pdf(text: string, links: readonly string[] = [], options: PdfOptions = {}): Buffer {
  const content = `BT /F1 12 Tf 72 720 Td (${text.replace(/[()\\]/g, '\\$&')}) Tj ET`;
  const packed = deflateSync(content);
  const annotations = links.map((_, index) => `${6 + index} 0 R`).join(' ');
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R ${options.catalog ?? ''}>>`,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /Annots [${annotations}] >>`,
    `<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed.toString('latin1')}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...links.map((uri) => annotation(uri, options.hexStrings ?? false)),
  ];
  return assemble(objects, options.encrypted ? ENCRYPT : '');
}

export interface PdfOptions {
  readonly encrypted?: boolean;
  readonly hexStrings?: boolean;
  /** More entries of the catalogue. */
  readonly catalog?: string;
}

/** Without the user's password nothing can be read (ISO 32000-1 §7.6.3). */
const ENCRYPT = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'5a'.repeat(32)}> /U <${'a5'.repeat(32)}> >> /ID [<${'11'.repeat(16)}> <${'11'.repeat(16)}>]`;

function annotation(uri: string, hex: boolean): string {
  const value = hex ? `<${Buffer.from(uri).toString('hex')}>` : `(${uri.replace(/[()\\]/g, '\\$&')})`;
  return `<< /Type /Annot /Subtype /Link /Rect [72 700 300 730] /Border [0 0 0] /A << /Type /Action /S /URI /URI ${value} >> >>`;
}

function assemble(objects: readonly string[], trailer: string): Buffer {
  let whole = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n';
  const offsets: number[] = [];
  for (const [index, body] of objects.entries()) {
    offsets.push(whole.length);
    whole += `${index + 1} 0 obj\n${body}\nendobj\n`;
  }
  const at = whole.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  whole += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  whole += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer}>>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.from(whole, 'latin1');
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export type OfficeKind = 'docx' | 'xlsx' | 'pptx';

const MAIN: Readonly<Record<OfficeKind, { path: string; type: string; body: (text: string) => string }>> = {
  docx: {
    path: 'word/document.xml',
    type: 'wordprocessingml.document.main',
    body: (text) =>
      `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`,
  },
  xlsx: {
    path: 'xl/workbook.xml',
    type: 'spreadsheetml.sheet.main',
    body: (text) =>
      `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="${text.slice(0, 20)}" sheetId="1"/></sheets></workbook>`,
  },
  pptx: {
    path: 'ppt/presentation.xml',
    type: 'presentationml.presentation.main',
    body: (text) =>
      `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><!-- ${text} --></p:presentation>`,
  },
};

/** A package with a main part, and relationships that point outside. */
export function office(
  kind: OfficeKind,
  text: string,
  links: readonly string[] = [],
  macros = false,
): Buffer {
  const { path, type, body } = MAIN[kind];
  const content = `application/vnd.openxmlformats-officedocument.${type}+xml`;
  const [folder = '', name = ''] = path.split('/');
  const relations = links
    .map(
      (link, index) =>
        `<Relationship Id="rId${index + 1}" Type="${OFFICE}/hyperlink" Target="${link}" TargetMode="External"/>`,
    )
    .join('');
  return zip([
    {
      name: '[Content_Types].xml',
      content: `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/${path}" ContentType="${content}"/></Types>`,
    },
    {
      name: '_rels/.rels',
      content: `${XML}<Relationships xmlns="${RELATIONS}"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="${path}"/></Relationships>`,
    },
    { name: path, content: XML + body(text) },
    {
      name: `${folder}/_rels/${name}.rels`,
      content: `${XML}<Relationships xmlns="${RELATIONS}">${relations}</Relationships>`,
    },
    ...(macros
      ? [{ name: `${folder}/vbaProject.bin`, content: compound([['VBA', Buffer.alloc(4096)]]) }]
      : []),
  ]);
}

const FREE = 0xffffffff;
const LAST = 0xfffffffe;

/** A compound file ([MS-CFB]) with these streams, each padded to 4,096 octets so that it needs no mini stream. */
export function compound(streams: readonly (readonly [string, Buffer])[]): Buffer {
  const padded = streams.map(([name, content]) => {
    const length = Math.max(4096, Math.ceil(content.length / 512) * 512);
    return { name, content: Buffer.concat([content, Buffer.alloc(length - content.length)]) };
  });
  const header = Buffer.alloc(512);
  header.write('d0cf11e0a1b11ae1', 0, 'hex');
  header.writeUInt16LE(0x3e, 24);
  header.writeUInt16LE(3, 26);
  header.writeUInt16LE(0xfffe, 28);
  header.writeUInt16LE(9, 30);
  header.writeUInt16LE(6, 32);
  header.writeUInt32LE(1, 44);
  header.writeUInt32LE(1, 48);
  header.writeUInt32LE(4096, 56);
  header.writeUInt32LE(LAST, 60);
  header.writeUInt32LE(LAST, 68);
  header.fill(0xff, 76);
  header.writeUInt32LE(0, 76);
  // Sector 0 is the table, sector 1 the directory of at most four entries, the streams follow.
  const table = Buffer.alloc(512, 0xff);
  table.writeUInt32LE(0xfffffffd, 0);
  table.writeUInt32LE(LAST, 4);
  const directory = Buffer.alloc(512);
  entry(directory, 0, 'Root Entry', 5, LAST, 0, padded.length > 0 ? 1 : FREE);
  let sector = 2;
  for (const [index, { name, content }] of padded.entries()) {
    const count = content.length / 512;
    entry(
      directory,
      index + 1,
      name,
      2,
      sector,
      content.length,
      FREE,
      index + 2 <= padded.length ? index + 2 : FREE,
    );
    for (let at = 0; at < count; at++)
      table.writeUInt32LE(at === count - 1 ? LAST : sector + at + 1, (sector + at) * 4);
    sector += count;
  }
  return Buffer.concat([header, table, directory, ...padded.map(({ content }) => content)]);
}

function entry(
  directory: Buffer,
  index: number,
  name: string,
  type: number,
  start: number,
  size: number,
  child: number,
  next = FREE,
): void {
  const at = index * 128;
  directory.write(name, at, 'utf16le');
  directory.writeUInt16LE((name.length + 1) * 2, at + 64);
  directory.writeUInt8(type, at + 66);
  directory.writeUInt8(1, at + 67);
  directory.writeUInt32LE(FREE, at + 68);
  directory.writeUInt32LE(next, at + 72);
  directory.writeUInt32LE(child, at + 76);
  directory.writeUInt32LE(start, at + 116);
  directory.writeUInt32LE(size, at + 120);
}

/** An Office document of before 2007; its text is UTF-16. */
export function oldOffice(stream: 'WordDocument' | 'Workbook' | 'PowerPoint Document', text: string): Buffer {
  return compound([[stream, Buffer.from(text, 'utf16le')]]);
}

/** [MS-OFFCRYPTO]: what Office makes of a document with a password. */
export function encryptedOffice(): Buffer {
  return compound([
    [
      'EncryptionInfo',
      Buffer.from('\x04\x00\x04\x00\x40\x00\x00\x00<?xml version="1.0"?><encryption/>', 'latin1'),
    ],
    ['EncryptedPackage', Buffer.alloc(4096, 0x5a)],
  ]);
}

/** 1 × 1 and larger, of one grey. */
export function png(width = 1, height = 1, grey = 128): Buffer {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width, grey)]);
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.writeUInt8(8, 8);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    pngChunk('IHDR', size),
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** 1 × 1. */
export const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
/** 1 × 1, baseline. */
export const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////' +
    '////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
);

/** The heads of a program for Windows: a loader's stub and the mark of the new format. */
export const PROGRAM = (() => {
  const stub = Buffer.alloc(512);
  stub.write('MZ\x90\x00\x03', 0, 'latin1');
  stub.writeUInt32LE(0x80, 0x3c);
  stub.write('This program cannot be run in DOS mode.\r\r\n$', 0x4e);
  stub.write('PE\x00\x00\x4c\x01', 0x80, 'latin1');
  return stub;
})();

export const ELF = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01\x00', 'latin1'), Buffer.alloc(120)]);
/** [MS-SHLLINK] §2.1 */
export const SHORTCUT = Buffer.concat([
  Buffer.from('4c0000000114020000000000c000000000000046', 'hex'),
  Buffer.alloc(60),
]);

/** [MS-OXTNEF] §2.1.3: a message class, a text, and files. */
export function tnef(files: readonly (readonly [string, Buffer])[] = []): Buffer {
  const blocks = [
    attribute(1, 0x00089006, Buffer.from([0, 0, 1, 0])),
    attribute(1, 0x00078008, Buffer.from('IPM.Note\x00')),
  ];
  for (const [name, content] of files) {
    blocks.push(attribute(2, 0x00069002, Buffer.alloc(14)));
    blocks.push(attribute(2, 0x00018010, Buffer.from(`${name}\x00`)));
    blocks.push(attribute(2, 0x0006800f, content));
  }
  return Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...blocks]);
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const before = Buffer.alloc(9);
  before.writeUInt8(level, 0);
  before.writeUInt32LE(id, 1);
  before.writeUInt32LE(data.length, 5);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(data.reduce((total, octet) => (total + octet) & 0xffff, 0));
  return Buffer.concat([before, data, sum]);
}
