/**
 * PDF, read by PDF.js (unpdf): what a click leads to, the text of its pages, the files in it. What PDF.js does not tell
 * (scripts, forms that are sent, actions of the document) is found in the raw octets, unpacked where they are packed.
 * The only importer of unpdf. ISO 32000-2 is the format.
 */
import { getDocumentProxy, getResolvedPDFJS } from 'unpdf';
import { inflate, slicesOf } from '../inflate.ts';
import { MAX_PDF_PAGES, MAX_PDF_TEXT_PAGES } from '../limits.ts';
import { type Box, CannotOpen, type Opened } from '../opening.ts';
import { createPdfStrings, decodePdfText } from '../pdf-strings.ts';
import { called } from '../place.ts';
import { asciiReader } from '../raw-text.ts';

type Document = Awaited<ReturnType<typeof getDocumentProxy>>;

/** Nothing is drawn, so nothing is fetched, run or compiled. */
const OPTIONS = {
  verbosity: 0,
  isEvalSupported: false,
  useWasm: false,
  useSystemFonts: false,
  disableFontFace: true,
  stopAtErrors: false,
};

/** Loads PDF.js, which takes longer than to read most documents. */
export async function preparePdf(): Promise<void> {
  await getResolvedPDFJS();
}

export async function openPdf(octets: Buffer, file: Opened, box: Box): Promise<void> {
  await scanRawPdf(octets, file, box);
  // PDF.js keeps what it is given.
  const document = await getDocumentProxy(new Uint8Array(octets), OPTIONS).catch((error: unknown) => {
    const locked = error instanceof Error && error.name === 'PasswordException';
    throw locked
      ? new CannotOpen('under a password', 'encrypted-archive')
      : new CannotOpen('damaged: its pages cannot be read');
  });
  try {
    await readPages(document, file, box);
    await readFiles(document, file, box);
    await readActions(document, file, box);
  } finally {
    await document.loadingTask.destroy();
  }
}

async function readPages(document: Document, file: Opened, box: Box): Promise<void> {
  const finder = box.finder('text', file.part);
  const pages = Math.min(document.numPages, MAX_PDF_PAGES);
  let failed = 0;
  for (let number = 1; number <= pages; number++) {
    try {
      const page = await document.getPage(number);
      await readAnnotations(await page.getAnnotations(), file, box);
      if (number <= MAX_PDF_TEXT_PAGES) {
        const { items } = await page.getTextContent();
        for (const item of items) if ('str' in item) finder.write(item.hasEOL ? `${item.str}\n` : item.str);
        finder.write('\n');
      }
      page.cleanup();
    } catch {
      failed++;
    }
  }
  finder.end();
  if (document.numPages > MAX_PDF_PAGES) throw new CannotOpen(`more than ${MAX_PDF_PAGES} pages`);
  if (failed > 0) {
    const detail = `${called(file.names, file.part)}: damaged: ${failed} of its pages cannot be read`;
    box.report({ reason: 'unopened-archive', detail, part: file.part });
  }
}

/** Bookmarks and scripts. What cannot be read of these is neither shown nor run. */
async function readActions(document: Document, file: Opened, box: Box): Promise<void> {
  const waiting: unknown[] = (await document.getOutline().catch(() => null)) ?? [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { url, unsafeUrl, items } = next as Record<string, unknown>;
    for (const address of [url, unsafeUrl]) {
      if (typeof address === 'string') box.link(decodePdfText(address), file.part);
    }
    if (Array.isArray(items)) for (const item of items) waiting.push(item);
  }
  const finder = box.finder('text', file.part);
  const scripts = [document.getJSActions(), document.getFieldObjects()];
  for (const script of scripts) finder.write(`${JSON.stringify(await script.catch(() => null))}\n`);
  finder.end();
}

async function readAnnotations(annotations: unknown[], file: Opened, box: Box): Promise<void> {
  for (const annotation of annotations) {
    if (typeof annotation !== 'object' || annotation === null) continue;
    const { url, unsafeUrl, attachment, file: attached } = annotation as Record<string, unknown>;
    for (const address of [url, unsafeUrl]) {
      if (typeof address === 'string') box.link(decodePdfText(address), file.part);
    }
    await enterFile(attachment ?? attached, file, box);
  }
}

async function readFiles(document: Document, file: Opened, box: Box): Promise<void> {
  // As PDF.js documents it; its types say less.
  const files: ReadonlyMap<string, { filename?: unknown }> | null = await document.getAttachments();
  for (const [id, { filename }] of files ?? []) {
    const content = await document.getAttachmentContent(id).catch(() => null);
    await enterFile({ filename, content: content ?? undefined }, file, box);
  }
}

async function enterFile(found: unknown, file: Opened, box: Box): Promise<void> {
  if (typeof found !== 'object' || found === null) return;
  const { filename, content } = found as Record<string, unknown>;
  const name = typeof filename === 'string' ? filename : 'file';
  box.budget.entry();
  if (!(content instanceof Uint8Array)) return box.name(file, name);
  box.budget.output(content.length);
  const octets = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  await box.enter(file, { names: [name] }, [octets]);
}

const STREAM = Buffer.from('stream', 'latin1');
const END_OF_STREAM = Buffer.from('endstream', 'latin1');
/** So much in front of a stream is looked at to see what it is. */
const DICTIONARY_BYTES = 1_024;
/** Streams that hold no addresses, and most of the octets: pictures, fonts, tables of colours. */
const WITHOUT_TEXT =
  /\/(Image|FontFile|Length1|Length2|ICCBased|FunctionType|Alternate|CIDFontType0C|Type1C|OpenType)\b/;

async function scanRawPdf(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const finder = box.finder('text', file.part);
  const ascii = asciiReader(finder);
  const strings = createPdfStrings(finder);
  const reader: RawReader = {
    write(piece) {
      ascii.write(piece);
      strings.write(piece);
    },
    reset: strings.reset,
  };
  let at = 0;
  for (;;) {
    const mark = octets.indexOf(STREAM, at);
    const text = octets.subarray(at, mark < 0 ? octets.length : mark);
    for (const slice of slicesOf(text)) reader.write(slice);
    if (mark < 0) break;
    const start = mark + STREAM.length;
    const found = octets.indexOf(END_OF_STREAM, start);
    const end = found < 0 ? octets.length : found;
    const packed = octets.subarray(start, end);
    const dictionary = text.toString('latin1', Math.max(0, text.length - DICTIONARY_BYTES));
    const own = dictionary.slice(dictionary.lastIndexOf(' obj') + 1);
    reader.reset();
    if (own.includes('/ObjStm') || !WITHOUT_TEXT.test(own)) await scanStream(packed, reader, box);
    reader.reset();
    at = found < 0 ? octets.length : end + END_OF_STREAM.length;
  }
  ascii.end();
}

interface RawReader {
  write(piece: Buffer): void;
  /** Between streams. */
  reset(): void;
}

/** The stream as it is, or what is packed in it. */
async function scanStream(octets: Buffer, reader: RawReader, box: Box): Promise<void> {
  let start = 0;
  while (octets[start] === 0x0d || octets[start] === 0x0a) start++;
  const packed = octets.subarray(start);
  const isPacked =
    packed.length > 2 && (packed.readUInt8(0) & 0x0f) === 8 && packed.readUInt16BE(0) % 31 === 0;
  const pieces = isPacked ? inflate(packed, 'zlib', box.budget) : slicesOf(packed);
  try {
    for await (const piece of pieces) reader.write(piece);
  } catch (error) {
    // PDF.js decides whether it is damaged.
    if (!(error instanceof CannotOpen)) throw error;
  }
}
