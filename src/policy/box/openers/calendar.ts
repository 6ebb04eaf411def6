/**
 * Calendars and address cards (RFC 5545, RFC 6350): long lines are folded, so a link may be cut anywhere; commas and line
 * ends are escaped; a text may be HTML; a file may be in it.
 */
import { type Box, CannotOpen, type Opened } from '../opening.ts';

/** A file in base64 is one line; it is no longer than the file around it. */
const MAX_LINE = 64_000_000;
const MAX_SHOWN = 1_000_000;

export async function readCalendar(texts: AsyncIterable<string>, file: Opened, box: Box): Promise<void> {
  const finder = box.finder('text', file.part);
  const markup = box.finder('html', file.part);
  const readLine = async (line: string): Promise<void> => {
    const colon = valueStart(line);
    const name = line.slice(0, colon).toUpperCase();
    const value = line.slice(colon + 1);
    if (/ENCODING=(B|BASE64)(;|$)/.test(name) || /^data:[^,]{0,200};base64,/i.test(value)) {
      return await openAttached(line.slice(0, colon), value, file, box);
    }
    const text = unescaped(line.slice(0, MAX_SHOWN));
    finder.write(`${text}\n`);
    // X-ALT-DESC;FMTTYPE=text/html, and STYLED-DESCRIPTION of RFC 9073.
    if (value.includes('<')) markup.write(`${unescaped(value.slice(0, MAX_SHOWN))}\n`);
  };
  for await (const line of unfold(texts)) await readLine(line);
  finder.end();
  markup.end();
}

/** RFC 5545 §3.1: a line end and a space or tab is nothing. */
async function* unfold(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let line: string[] = [];
  let length = 0;
  let begins = true;
  for await (const text of texts) {
    for (const [i, part] of text.split('\n').entries()) {
      if (i > 0) {
        begins = true;
        line.push((line.pop() ?? '').replace(/\r$/, ''));
      }
      if (part === '') continue;
      const folded = begins && (part.startsWith(' ') || part.startsWith('\t'));
      if (begins && !folded && line.length > 0) {
        yield line.join('');
        line = [];
        length = 0;
      }
      begins = false;
      length += part.length;
      if (length > MAX_LINE) throw new CannotOpen('a line in it is too long');
      line.push(folded ? part.slice(1) : part);
    }
  }
  yield line.join('').replace(/\r$/, '');
}

/** Where the value begins: at the first colon that is in no quotation. */
function valueStart(line: string): number {
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i];
    if (letter === '"') quoted = !quoted;
    else if (letter === ':' && !quoted) return i;
  }
  return line.length;
}

/** RFC 5545 §3.3.11; a line end becomes one. */
function unescaped(text: string): string {
  return text.replace(/\\([nN,;\\:"])/g, (_, letter: string) =>
    letter.toLowerCase() === 'n' ? '\n' : letter,
  );
}

async function openAttached(property: string, value: string, file: Opened, box: Box): Promise<void> {
  const parameter = (name: string): string | undefined =>
    new RegExp(`;${name}=(?:"([^"]*)"|([^;:]*))`, 'i')
      .exec(property)
      ?.slice(1)
      .find((one) => one !== undefined);
  const name = parameter('FILENAME') ?? parameter('X-FILENAME') ?? parameter('X-APPLE-FILENAME');
  const base64 = value.slice(value.startsWith('data:') ? value.indexOf(',') + 1 : 0);
  const type = parameter('FMTTYPE')?.toLowerCase();
  box.budget.entry();
  const entry = { names: name === undefined ? [] : [name], ...(type === undefined ? {} : { type }) };
  await box.enter(file, entry, [Buffer.from(base64, 'base64')]);
}
