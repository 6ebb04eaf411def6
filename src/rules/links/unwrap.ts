/**
 * A link and every link inside it: in known wrappers by their rule (`wrappers.ts`), and any absolute link in its path, query
 * or fragment, percent-encoded up to three times or in base64. Three wrappers deep.
 *
 * The work is bounded by the length of the link: each level looks at text that does not overlap.
 */
import { canonicalLink, type Link, percentDecoded } from './canonical.ts';
import { wrappedIn } from './wrappers.ts';

const MAX_WRAPPERS = 3;
const MAX_DECODINGS = 3;
/** An absolute link; or one without its scheme as the whole value of a parameter. */
const INNER = /(?:https?|ftp):[\\/]+|(?<==)[\\/]{2,}/gi;
/** "http" as base64 begins it. */
const BASE64 = /aHR0c[\w+/-]{8,}/g;

/** Says what it is; true: stop looking. */
export type Visit = (link: Link) => boolean;

/** Outermost first. True: stopped by `visit`. */
export function visitLinks(raw: string, base: string | undefined, visit: Visit): boolean {
  return visitDeep(raw, base, MAX_WRAPPERS, visit);
}

function visitDeep(raw: string, base: string | undefined, depth: number, visit: Visit): boolean {
  const link = canonicalLink(raw, base);
  if (link !== null && visit(link)) return true;
  if (depth === 0 || /^\s*mailto:/i.test(raw)) return false;
  if (link !== null && wrappedIn(link).some((target) => visitDeep(target, undefined, depth - 1, visit)))
    return true;
  return visitInside(raw.replace(/^[\x00-\x20]*[a-z]+:[\\/]*/i, ''), depth, visit);
}

function visitInside(text: string, depth: number, visit: Visit): boolean {
  let level = text;
  for (let decoding = 0; decoding <= MAX_DECODINGS; decoding++) {
    if (visitBase64(level, depth, visit) || visitSegments(level, depth, visit)) return true;
    const decoded = percentDecoded(level);
    if (decoded === level) return false;
    level = decoded;
  }
  return false;
}

/** What is encoded in a segment shows at the next level of the whole: only wrappers with a rule are entered from here. */
function visitSegments(text: string, depth: number, visit: Visit): boolean {
  const starts = Array.from(text.matchAll(INNER), ({ index }) => index);
  return starts.some((start, at) => {
    const link = canonicalLink(text.slice(start, starts[at + 1]));
    if (link === null) return false;
    return visit(link) || wrappedIn(link).some((target) => visitDeep(target, undefined, depth - 1, visit));
  });
}

function visitBase64(text: string, depth: number, visit: Visit): boolean {
  if (!text.includes('aHR0c')) return false;
  return Array.from(text.matchAll(BASE64), ([code]) =>
    Buffer.from(code, 'base64url').toString('latin1'),
  ).some((target) => visitDeep(target, undefined, depth - 1, visit));
}
