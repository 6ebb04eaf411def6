/**
 * Documents of Office in one file of XML, as Word and Excel open them whatever their ending: flat OPC, the XML of 2003, flat
 * OpenDocument. Their text and links are read like those in an archive; files in them stand there in base64.
 */
import { gather } from '../inflate.ts';
import type { Box, Octets, Opened } from '../opening.ts';
import { decode } from '../text.ts';
import { attributesOf, createXmlScanner } from '../xml-scanner.ts';
import { readShownText } from './office.ts';

/** Elements of a file in base64: of flat OPC, of Word 2003, of OpenDocument. */
const FILES: ReadonlySet<string> = new Set(['binaryData', 'binData', 'binary-data']);

export async function readOfficeXml(octets: Octets, file: Opened, box: Box): Promise<void> {
  const whole = await gather(octets);
  await readShownText([whole], file.part, box);
  const files: { names: string[]; base64: string[] }[] = [];
  let names: string[] = [];
  let current: string[] | null = null;
  const scanner = createXmlScanner({
    text: (text) => void current?.push(text),
    open(element, tag) {
      if (element === 'part') names = [attributesOf(tag).get('name') ?? ''];
      if (!FILES.has(element)) return;
      const own = attributesOf(tag).get('name');
      current = [];
      files.push({ names: own === undefined ? names : [own], base64: current });
    },
    close(element) {
      if (FILES.has(element)) current = null;
    },
  });
  for await (const text of decode([whole])) scanner.write(text);
  scanner.end();
  for (const { names: all, base64 } of files) {
    box.budget.entry();
    const content = Buffer.from(base64.join(''), 'base64');
    box.budget.output(content.length);
    await box.enter(file, { names: all.filter((name) => name !== '') }, [content]);
  }
}
