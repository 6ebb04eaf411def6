/** Documents that stand in a `data:` link (RFC 2397). Pure. */
import { percentDecoded, stripped } from './canonical.ts';

/** Only the beginning of a value is gathered, so that is what is read. */
const FORM = /^data:([^,;]*)((?:;[^,]{0,200})?),/i;

/** What a browser would show as a page; null: something else. */
export function documentOf(raw: string): string | null {
  const url = stripped(raw);
  const form = FORM.exec(url);
  if (form === null || isMediaType(form[1] ?? '')) return null;
  const body = percentDecoded(url.slice(form[0].length));
  return /;\s*base64\s*$/i.test(form[2] ?? '') ? Buffer.from(body, 'base64').toString('utf8') : body;
}

/** A picture, a font, a film: nothing in it can be followed. */
export function isMedia(raw: string): boolean {
  const form = FORM.exec(stripped(raw.slice(0, 1_000)));
  return form !== null && isMediaType(form[1] ?? '');
}

function isMediaType(type: string): boolean {
  return /^\s*(?:image\/(?!svg)|font\/|audio\/|video\/|application\/(?:font|x-font|octet-stream))/i.test(
    type,
  );
}
