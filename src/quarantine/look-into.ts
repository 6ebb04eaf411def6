/**
 * What people are shown of kept content: its header and the tree of its parts, decoded and cut, never its octets. One pass
 * in constant memory; nothing in the content makes it throw.
 */
import type { Readable } from 'node:stream';
import { createWalk, type Part, type WalkHandlers } from '../mail/parts.ts';
import type { Head, KeptContents, KeptPart } from './quarantine.ts';

/** The longest header that the doors take by default, and some of ours. */
export const HEAD_BYTES = 110_000;
const HEAD_CHARACTERS = 300;
const MOST = { fields: 200, parts: 300, names: 3 };
const CHARACTERS = { value: 1_000, name: 200, type: 100 };

/** `beginning`: of the content; what stands behind the header is not looked at. */
export function headOf(beginning: Buffer): Head {
  const end = beginning.indexOf('\r\n\r\n');
  const fields = new Map<string, string>();
  const walk = createWalk({
    part: () => null,
    field: ofMessage((name, value) => {
      if (!fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), cut(value, HEAD_CHARACTERS));
    }),
  });
  walk.write(beginning.subarray(0, end < 0 ? beginning.length : end + 4));
  walk.end();
  return { from: fields.get('from') ?? null, subject: fields.get('subject') ?? null };
}

export async function lookInto(content: Readable): Promise<KeptContents> {
  const fields: { name: string; value: string }[] = [];
  const tree = createTree();
  let more = false;
  const addField = ofMessage((name, value) => {
    if (fields.length === MOST.fields || value.length > CHARACTERS.value) more = true;
    if (fields.length < MOST.fields)
      fields.push({ name: cut(name, CHARACTERS.name), value: cut(value, CHARACTERS.value) });
  });
  const walk = createWalk({
    field(name, value, path) {
      addField(name, value, path);
      if (name.toLowerCase() === 'content-type') tree.container(value, path);
    },
    part: tree.part,
  });
  for await (const chunk of content) walk.write(chunk);
  walk.end();
  const parts = tree.parts();
  return { fields, parts: parts.slice(0, MOST.parts), cut: more || parts.length > MOST.parts };
}

/** The header of the message comes first; that of a part has another path. */
function ofMessage(take: (name: string, value: string) => void): NonNullable<WalkHandlers['field']> {
  let message: string | null = null;
  return (name, value, path) => {
    message ??= path;
    if (path === message) take(name, value);
  };
}

/** Leaves with their sizes, and before them what holds them. */
function createTree() {
  const nodes: { path: string; make: () => KeptPart }[] = [];
  const isFull = (): boolean => nodes.length > MOST.parts;
  return {
    container(contentType: string, path: string) {
      const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
      if (isFull() || !/^(?:multipart|message)\//.test(type)) return;
      const depth = path === '' ? 0 : path.split('.').length;
      const facts = { path, depth, type: cut(type, CHARACTERS.type), names: [], disposition: null };
      nodes.push({ path, make: () => ({ ...facts, sizeBytes: null }) });
    },
    part(part: Part) {
      if (isFull()) return null;
      // A container that nobody entered is a leaf.
      if (nodes.at(-1)?.path === part.path) nodes.pop();
      let sizeBytes = 0;
      nodes.push({ path: part.path, make: () => ({ ...shown(part), sizeBytes }) });
      return {
        write(octets: Buffer) {
          sizeBytes += octets.length;
        },
        end() {},
      };
    },
    parts: () => nodes.map(({ make }) => make()),
  };
}

function shown({ path, depth, type, names, disposition }: Part): Omit<KeptPart, 'sizeBytes'> {
  const first = names.slice(0, MOST.names).map((name) => cut(name, CHARACTERS.name));
  return { path, depth, type: cut(type, CHARACTERS.type), names: first, disposition };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
