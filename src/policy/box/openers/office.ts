/**
 * The XML inside documents of Office (docx, xlsx, pptx, vsdx, xps) and OpenDocument: what their programs show as text, and
 * what a click in them leads to. `zip.ts` opens the archive around it. What else lies in it (pictures, embedded documents,
 * macros) is a file like any other.
 */
import type { LinkFinder } from '../../../rules/links/finder.ts';
import type { Box, Octets } from '../opening.ts';
import { decode } from '../text.ts';
import { attributesOf, createXmlScanner, resolve, type XmlHandlers } from '../xml-scanner.ts';

/**
 * text: shown. relationships: what links and pictures lead to. binary: text in it is found raw. unseen: nobody is shown it,
 * if it is what its name says.
 */
export type OfficePart = 'text' | 'relationships' | 'binary' | 'unseen' | 'file';

/**
 * Where documents keep addresses that nobody is shown and that lead nowhere by themselves: the list of types, properties,
 * data of SharePoint. Workbooks that were saved in OneDrive name their folder there, for instance.
 */
const UNSEEN =
  /^(\[content_types\]\.xml|docprops\/|customxml\/|meta\.xml|settings\.xml|meta-inf\/|_xmlsignatures\/)/;
const XML = /\.(xml|vml|fpage|fdoc|fdseq)$/;

export function officePartOf(name: string): OfficePart {
  const lower = name.toLowerCase();
  if (lower.endsWith('.rels')) return 'relationships';
  if (XML.test(lower)) return UNSEEN.test(lower) ? 'unseen' : 'text';
  // The sheets of xlsb.
  return /^xl\/.*\.bin$/.test(lower) ? 'binary' : 'file';
}

/** Reads one `*.rels` (ECMA-376 part 2, §9.3): links, remote pictures, templates, embedded objects. */
export async function readRelationships(octets: Octets, name: string, part: string, box: Box): Promise<void> {
  const finder = box.finder('text', part);
  // A workbook's sources of data are asked for by nobody but who looks for them.
  const areSources = name.toLowerCase().startsWith('xl/externallinks/');
  const scanner = createXmlScanner({
    text: finder.write,
    open(element, tag) {
      if (element !== 'Relationship') return;
      const all = attributesOf(tag);
      const target = all.get('Target') ?? '';
      if (areSources && all.get('Type')?.endsWith('/externalLinkPath')) return;
      // Places in the document itself have neither.
      if (!target.includes(':') && !/^[\\/]{2}/.test(target)) return;
      box.link(target, part);
      // Also behind another scheme ("mhtml:https://…").
      finder.write(`${target}\n`);
    },
    close() {},
  });
  for await (const text of decode(octets)) scanner.write(text);
  scanner.end();
  finder.end();
}

/** Elements behind which another word begins: paragraphs, breaks, cells, comments, shapes. All others are within words. */
const BORDERS = new Set(
  'p br cr tab line-break h tc tr row c v f si is text comment sheet definedName list-item table-cell UnicodeString Glyphs shape Text cp pp'.split(
    ' ',
  ),
);
/** `dest`, `HRef`: of the XML of 2003. `Target`: in a document that is one file, links stand among its parts. */
const ADDRESSES = /href|HRef|instr|url|dest|Target|NavigateUri|UnicodeString/;
const LINKS: ReadonlySet<string> = new Set(['href', 'HRef', 'dest']);
const MAX_FORMULA = 8_192;

/** Words that are cut into runs of different looks come out whole, since they are shown so. */
export async function readShownText(octets: Octets, part: string, box: Box): Promise<void> {
  return readWith((finder) => shownText(finder, (url) => box.link(url, part)), octets, part, box);
}

/**
 * What is shown of a part that nobody is shown by its name: a list of the parts may make any part the document itself.
 * Office takes none whose root is not in a namespace of its own. Of the properties the base of all links counts.
 */
export async function readUnseen(octets: Octets, part: string, box: Box): Promise<void> {
  const handlers = (finder: LinkFinder): XmlHandlers => {
    const shown = shownText(finder, (url) => box.link(url, part));
    let root: string | null = null;
    let inBase = false;
    return {
      text(text) {
        if (root !== null && OWN_NAMESPACES.test(root)) shown.text(text);
        else if (inBase) box.link(text, part);
      },
      open(name, tag) {
        root ??= resolve(tag);
        inBase = name === 'HyperlinkBase';
        if (OWN_NAMESPACES.test(root)) shown.open(name, tag);
      },
      close(name) {
        inBase = false;
        shown.close(name);
      },
    };
  };
  return readWith(handlers, octets, part, box);
}

/** WordprocessingML and its kin, also in their strict form; XPS; Visio. */
const OWN_NAMESPACES =
  /(wordprocessingml|spreadsheetml|presentationml|drawingml|\/xps|\/visio)\/|openxps|urn:schemas-microsoft-com:vml/;

async function readWith(
  handlersFor: (finder: LinkFinder) => XmlHandlers,
  octets: Octets,
  part: string,
  box: Box,
): Promise<void> {
  const finder = box.finder('text', part);
  const scanner = createXmlScanner(handlersFor(finder));
  for await (const text of decode(octets)) scanner.write(text);
  scanner.end();
  finder.end();
}

function shownText(finder: LinkFinder, link: (url: string) => void): XmlHandlers {
  let formula: string | null = null;
  const endFormula = (): void => {
    // HYPERLINK("https://drop"&"box.com/s/x")
    if (formula) finder.write(`${formula.replace(/"\s{0,50}&\s{0,50}"/g, '')}\n`);
    formula = null;
  };
  return {
    text(text) {
      if (formula === null) finder.write(text);
      else if (formula.length < MAX_FORMULA) formula += text.slice(0, MAX_FORMULA);
    },
    open(name, tag) {
      if (name === 'f') formula = '';
      // A workbook that was saved in OneDrive names its folder there, which nobody is shown.
      if (name === 'absPath' || !ADDRESSES.test(tag)) return;
      for (const [attribute, value] of attributesOf(tag)) {
        if (!ADDRESSES.test(attribute)) continue;
        if (LINKS.has(attribute)) link(value);
        finder.write(`\n${value}\n`);
      }
    },
    close(name) {
      if (name === 'f') endFormula();
      else if (BORDERS.has(name)) finder.write('\n');
    },
  };
}

/** Whether OpenDocument says in its list of files that they are under a password; their archive does not show it. */
export async function isEncryptedOpenDocument(manifest: Octets): Promise<boolean> {
  let found = false;
  const scanner = createXmlScanner({
    text() {},
    open(name) {
      found ||= name === 'encryption-data';
    },
    close() {},
  });
  for await (const text of decode(manifest)) scanner.write(text);
  scanner.end();
  return found;
}
