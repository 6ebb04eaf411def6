/**
 * What a file is, from its first octets; its names and its declared type only where these leave it open. By the kind the
 * box knows with what to open a file, and whether it is a program under a harmless name. Unknown binary data, which
 * includes images, sound, video and fonts, is `data`: there is nothing to open, and the virus scanner has seen it. Pure.
 */
import { endingOf } from './attachments.ts';
import { textOf } from './sniff-text.ts';

/** What is done with a file of each kind. text: it is read as it stands. never: nobody here opens it. */
const TREATMENTS = {
  zip: 'open', // also Office (docx, xlsx, pptx), OpenDocument, EPUB, JAR
  gzip: 'open',
  tar: 'open',
  pdf: 'open',
  ole: 'open', // doc, xls, ppt, msg, encrypted Office
  rtf: 'open',
  tnef: 'open', // winmail.dat
  webloc: 'open', // a property list in binary form
  eml: 'open', // also mht
  html: 'text', // all markup: XML, SVG
  // A file may be in it.
  ics: 'open',
  'office-xml': 'open',
  url: 'text',
  text: 'text',
  rar: 'never',
  '7z': 'never',
  xz: 'never',
  bzip2: 'never',
  zstd: 'never',
  lzip: 'never',
  cab: 'never',
  'old-archive': 'never', // arj, ace, lha, compress, cpio
  'disk-image': 'never',
  'windows-program': 'dangerous',
  'linux-program': 'dangerous',
  'mac-program': 'dangerous',
  'java-class': 'dangerous',
  'android-program': 'dangerous',
  shortcut: 'dangerous',
  installer: 'dangerous',
  script: 'dangerous',
  hta: 'dangerous',
  'windows-script': 'dangerous',
  'compiled-help': 'dangerous',
  'registry-file': 'dangerous',
  'virtual-disk': 'dangerous',
  data: 'nothing',
} as const satisfies Record<string, Treatment>;

export type Treatment = 'open' | 'text' | 'never' | 'dangerous' | 'nothing';
export type FileKind = keyof typeof TREATMENTS;

/** Octets from the beginning that are enough to tell. */
export const KIND_BYTES = 4096;
/** A PDF may begin behind that many octets of something else: every reader takes it so. */
const PDF_WITHIN = 1024;

interface Magic {
  readonly kind: FileKind;
  readonly at: number;
  readonly octets: Buffer;
}

const magic = (kind: FileKind, hex: string, at = 0): Magic => ({ kind, at, octets: Buffer.from(hex, 'hex') });
const word = (kind: FileKind, text: string, at = 0): Magic => ({
  kind,
  at,
  octets: Buffer.from(text, 'latin1'),
});

/** Four octets at least, but for gzip: fewer occur in honest data by chance. */
const MAGICS: readonly Magic[] = [
  magic('linux-program', '7f454c46'),
  magic('java-class', 'cafebabe'), // and Mach-O for several processors
  ...['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'bebafeca'].map((hex) => magic('mac-program', hex)),
  word('android-program', 'dex\n'),
  magic('shortcut', '4c0000000114020000000000c000000000000046'),
  word('compiled-help', 'ITSF'),
  word('virtual-disk', 'conectix'),
  word('virtual-disk', 'vhdxfile'),
  word('zip', 'PK\x03\x04'),
  word('zip', 'PK\x05\x06'),
  word('zip', 'PK\x07\x08'),
  word('zip', 'PK00PK\x03\x04'),
  magic('gzip', '1f8b08'),
  magic('ole', 'd0cf11e0a1b11ae1'),
  word('rtf', '{\\rt'), // Word asks for no more
  magic('tnef', '789f3e22'),
  word('webloc', 'bplist0'),
  word('pdf', '%PDF-'),
  word('rar', 'Rar!\x1a\x07'),
  magic('7z', '377abcaf271c'),
  magic('xz', 'fd377a585a00'),
  word('bzip2', '1AY&SY', 4),
  magic('zstd', '28b52ffd'),
  word('lzip', 'LZIP'),
  word('cab', 'MSCF'),
  word('cab', 'ISc('),
  word('old-archive', '**ACE**', 7),
  word('old-archive', '07070'),
  word('disk-image', 'MSWIM\0'),
  word('disk-image', 'hsqs'),
  word('disk-image', 'xar!'),
  word('tar', 'ustar', 257),
];

const ZIPS =
  'zip zipx jar war ear xpi docx docm dotx dotm xlsx xlsm xltx xltm xlsb xlam pptx pptm potx potm ppsx ppsm vsdx ' +
  'odt ods odp odg ott epub kmz oxps xps pages numbers key';

/**
 * Kinds by ending, for what their programs find without a mark at the beginning: a ZIP is read from its end, a tape
 * archive or a disk image may have no mark in its first octets.
 */
const BY_ENDING: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  ...ZIPS.split(' ').map((ending): [string, FileKind] => [ending, 'zip']),
  ['tar', 'tar'],
  ['gz', 'gzip'],
  ['tgz', 'gzip'],
  ['rar', 'rar'],
  ['7z', '7z'],
  ...['arj', 'ace', 'lzh', 'lha', 'z', 'cpio'].map((ending): [string, FileKind] => [ending, 'old-archive']),
  ...['iso', 'img', 'udf', 'dmg', 'wim'].map((ending): [string, FileKind] => [ending, 'disk-image']),
]);

/** For files without a name. */
const BY_TYPE: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  ['application/zip', 'zip'],
  ['application/x-zip-compressed', 'zip'],
  ['application/gzip', 'gzip'],
  ['application/x-tar', 'tar'],
]);

const INSTALLERS: ReadonlySet<string> = new Set(['msi', 'msp', 'mst', 'msm']);

const DANGEROUS_WORDS: Readonly<Partial<Record<FileKind, string>>> = {
  'windows-program': 'a Windows program',
  'linux-program': 'a Linux program',
  'mac-program': 'a macOS program',
  'java-class': 'a Java program',
  'android-program': 'an Android program',
  shortcut: 'a Windows shortcut',
  installer: 'a Windows installer',
  script: 'a script',
  hta: 'an HTML application',
  'windows-script': 'a Windows script',
  'compiled-help': 'a compiled help file',
  'registry-file': 'a registry file',
  'virtual-disk': 'a virtual disk',
};

/** `start`: the first octets of the file, `KIND_BYTES` if it has so many. `names`: all that readers may show. */
export function kindOf(start: Buffer, names: readonly string[], declaredType: string): FileKind {
  const head = start.subarray(0, KIND_BYTES);
  const endings = names.map(endingOf);
  const text = textOf(head);
  const marked = text === null && isDosProgram(head) ? 'windows-program' : byMagic(head);
  if (marked !== null && treatmentOf(marked) === 'dangerous') return marked;
  if (text !== null && isOfficeXml(text)) return 'office-xml';
  if (marked === 'ole' && isInstaller(endings, declaredType)) return 'installer';

  const named = byName(endings, declaredType);
  const hasPdf = head.subarray(0, PDF_WITHIN).includes('%PDF-', 0, 'latin1');
  if (hasPdf && endings.includes('pdf')) return 'pdf';
  // A ZIP may begin with anything: what opens it looks at its end.
  if (marked === 'pdf') return named ?? 'pdf';
  if (marked !== null || named !== null) return marked ?? named ?? 'data';
  if (text === null) return hasPdf ? 'pdf' : 'data';
  return textKind(text, endings, declaredType);
}

const OFFICE_MARKS =
  /<\?mso-application|schemas\.microsoft\.com\/office\/(?:2006\/xmlPackage|word\/2003|visio)|urn:schemas-microsoft-com:office:|openxmlformats\.org|oasis:names:tc:opendocument/;

/** Documents of Office in one file of XML, which Word and Excel open whatever their ending. `start`: of the file. */
export function isOfficeXml(start: string): boolean {
  return /^\s*</.test(start.slice(0, 1_000)) && OFFICE_MARKS.test(start);
}

export function treatmentOf(kind: FileKind): Treatment {
  return TREATMENTS[kind];
}

/** "a Windows program"; null: not dangerous by what it is. */
export function dangerousKind(kind: FileKind): string | null {
  return DANGEROUS_WORDS[kind] ?? null;
}

function byMagic(head: Buffer): FileKind | null {
  const found = MAGICS.find(({ at, octets }) => head.subarray(at, at + octets.length).equals(octets));
  return found?.kind ?? null;
}

function byName(endings: readonly string[], declaredType: string): FileKind | null {
  for (const ending of endings) {
    const kind = BY_ENDING.get(ending);
    if (kind !== undefined) return kind;
  }
  return endings.length === 0 ? (BY_TYPE.get(declaredType) ?? null) : null;
}

/** "MZ", or "ZM", which loaders take too. Where the program begins is a number behind it, so there are octets that no text has. */
function isDosProgram(head: Buffer): boolean {
  const mark = head.toString('latin1', 0, 2);
  return (mark === 'MZ' || mark === 'ZM') && head.length >= 28;
}

function isInstaller(endings: readonly string[], declaredType: string): boolean {
  return /^application\/(x-)?msi$/.test(declaredType) || endings.some((ending) => INSTALLERS.has(ending));
}

const MARKUP_ENDINGS: ReadonlySet<string> = new Set(
  'htm html xhtml xht shtml shtm svg xml mxl webloc'.split(' '),
);
const PLAIN_ENDINGS: ReadonlySet<string> = new Set('txt csv tsv log md json yaml yml ini conf'.split(' '));

function textKind(text: string, endings: readonly string[], declaredType: string): FileKind {
  const start = text.trimStart();
  const lower = start.toLowerCase();
  // A double click on a .txt shows it: that is how people send each other scripts to read.
  const isRead = endings.length > 0 && endings.every((ending) => PLAIN_ENDINGS.has(ending));
  if (/^#!\s*\//.test(start) && !isRead) return 'script';
  if (/^(windows registry editor version|regedit4)/.test(lower)) return 'registry-file';
  if (lower.startsWith('[internetshortcut]') || endings.includes('url')) return 'url';
  if (lower.startsWith('begin:vcalendar') || declaredType === 'text/calendar' || endings.includes('ics'))
    return 'ics';
  if (declaredType === 'message/rfc822' || endings.some((ending) => /^(eml|mht|mhtml)$/.test(ending)))
    return 'eml';
  if (!isMarkup(start, endings, declaredType)) return 'text';
  if (lower.includes('<hta:application')) return 'hta';
  return isWindowsScript(lower) ? 'windows-script' : 'html';
}

/** A .wsf or .sct file: XML whose outermost element is a job, a package or a scriptlet. */
function isWindowsScript(lower: string): boolean {
  const root = /^(?:<\?xml[^>]{0,200}>\s*)?<(job|package|scriptlet|component)[\s>]/.exec(lower);
  return root !== null && lower.includes('<script');
}

/** Readers of plain text show what would be hidden in markup, so a name or type of plain text goes before the look of it. */
function isMarkup(start: string, endings: readonly string[], declaredType: string): boolean {
  if (endings.some((ending) => MARKUP_ENDINGS.has(ending))) return true;
  if (/^(text\/(html|xml)|application\/(xml|[\w.-]+\+xml)|image\/svg)/.test(declaredType)) return true;
  if (endings.some((ending) => PLAIN_ENDINGS.has(ending)) || declaredType === 'text/plain') return false;
  return /^<[a-z!?]/i.test(start);
}
