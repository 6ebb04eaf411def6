/** Which attributes hold a link, and how it stands in them. By the name behind the last colon: `xlink:href`, `o:href`, `v:src`. Pure. */

/**
 * link: one. links: several, with blanks or commas between (`srcset`, `ping`). base: what the others are relative to. css: a
 * style. markup: a document. refresh: "5; url=…". script: code. value: a link only if it has a scheme.
 */
export type AttributeKind = 'link' | 'links' | 'base' | 'css' | 'markup' | 'refresh' | 'script' | 'value';

const KINDS: Readonly<Record<string, AttributeKind>> = {
  action: 'link',
  background: 'link',
  cite: 'link',
  classid: 'link',
  code: 'link',
  codebase: 'link',
  data: 'link',
  datasrc: 'link',
  dynsrc: 'link',
  formaction: 'link',
  href: 'link',
  icon: 'link',
  longdesc: 'link',
  lowsrc: 'link',
  manifest: 'link',
  poster: 'link',
  profile: 'link',
  src: 'link',
  archive: 'links',
  attributionsrc: 'links',
  imagesrcset: 'links',
  ping: 'links',
  srcset: 'links',
  style: 'css',
  srcdoc: 'markup',
  // SVG animates `href` like any other attribute.
  by: 'value',
  from: 'value',
  to: 'value',
  values: 'value',
};

/** Both names in lower case. Null: nothing in it can be followed. */
export function attributeKind(tag: string, name: string): AttributeKind | null {
  const colon = name.lastIndexOf(':');
  const local = colon < 0 ? name : name.slice(colon + 1);
  if ((local === 'href' && tag === 'base') || name === 'xml:base') return 'base';
  if (local === 'content') return tag === 'meta' ? 'refresh' : null;
  if (local === 'value') return tag === 'param' ? 'link' : null;
  if (Object.hasOwn(KINDS, local)) return KINDS[local] ?? null;
  return local.startsWith('on') ? 'script' : null;
}

/** Elements that leave no gap in the text around them: what is written across them reads as one word. */
const GAPS = new Set(
  (
    'address article aside base blockquote body br button caption center col colgroup dd details dialog dir div dl dt fieldset ' +
    'figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe img input legend li link main ' +
    'map menu meta nav noframes noscript object ol optgroup option p pre script section select style summary svg table ' +
    'tbody td textarea tfoot th thead title tr ul video audio xmp'
  ).split(' '),
);

export function leavesGap(tag: string): boolean {
  return GAPS.has(tag);
}

/** Elements whose content is no markup to a browser; another program may strip the element and read on. */
const RAW = new Set('iframe noembed noframes plaintext script style textarea title xmp'.split(' '));

export function isRaw(tag: string): boolean {
  return RAW.has(tag);
}
