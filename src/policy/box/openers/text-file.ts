/**
 * Files that are text as they stand: markup, tables, letters, addresses that a double click follows (.url, .desktop,
 * .webloc, .library-ms), calendars and address cards. They are read as they come, never held.
 */
import { type FileKind, isOfficeXml } from '../../../rules/file-kinds.ts';
import { gather } from '../inflate.ts';
import { type Box, CannotOpen, type Octets, type Opened } from '../opening.ts';
import { peek } from '../peek.ts';
import { decode, encodingOf, findLinks } from '../text.ts';
import { readCalendar } from './calendar.ts';
import { readOfficeXml } from './office-xml.ts';

export async function readTextFile(kind: FileKind, given: Octets, file: Opened, box: Box): Promise<void> {
  if (kind === 'html') return readMarkup(given, file, box);
  const texts = decode(given);
  switch (kind) {
    case 'ics':
      return readCalendar(texts, file, box);
    case 'url':
      return readAddress(texts, file, box);
    case 'text': {
      const card = file.names.some((name) => /\.vc[fs]\s*$/i.test(name));
      return card ? readCalendar(texts, file, box) : findLinks(texts, box.finder('text', file.part));
    }
    default:
      throw new CannotOpen(`of a kind that is not read (${kind})`);
  }
}

async function readMarkup(given: Octets, file: Opened, box: Box): Promise<void> {
  const { start, all } = await peek(given);
  const isOffice = isOfficeXml(new TextDecoder(encodingOf(start)).decode(start));
  const octets = isOffice ? [await gather(all)] : all;
  await findLinks(decode(octets), box.finder('html', file.part));
  if (isOffice) await readOfficeXml(octets, file, box);
}

const MAX_LINE = 8_192;

/** Lines "URL=…": what stands there is an address as it is, with or without a scheme. */
async function readAddress(texts: AsyncIterable<string>, file: Opened, box: Box): Promise<void> {
  const finder = box.finder('text', file.part);
  let rest = '';
  const line = (text: string): void => {
    const address = /^\s{0,20}(?:base)?url\s{0,20}=\s{0,20}(\S[^\r]*)/i.exec(text)?.[1];
    if (address !== undefined) box.link(address.trim(), file.part);
  };
  for await (const text of texts) {
    finder.write(text);
    const lines = `${rest}${text}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const one of lines) line(one);
  }
  line(rest);
  finder.end();
}
