/**
 * What the links of a page are relative to by the header of its part (RFC 2110 §4.2 Content-Base, RFC 2557 §5
 * Content-Location), put as Thunderbird does: as elements before the page.
 */

export interface HeaderBases {
  /** Each field of each part, as it comes. */
  field(name: string, value: string, path: string): void;
  /** Those of the part whose fields came last. */
  elements(): string;
}

const NAMES: ReadonlySet<string> = new Set(['content-base', 'content-location']);
const MOST = 2;

export function createHeaderBases(): HeaderBases {
  let last = '';
  let bases: string[] = [];
  return {
    field(name, value, path) {
      if (path !== last) bases = [];
      last = path;
      if (NAMES.has(name) && bases.length < MOST) bases.push(value.replace(/[\s"<>]+/g, ''));
    },
    elements: () => bases.map((base) => `<base href="${base.replaceAll('&', '&amp;')}">`).join(''),
  };
}
