/** A link as people may read it without being able to follow it: `hxxps://www[.]dropbox[.]com/s/abc…`. Pure. */
import type { Link } from './canonical.ts';

const MAX_LENGTH = 200;

/** Printable ASCII, at most 200 characters. `via`: the link that it was wrapped in. */
export function defanged(link: Link, via: Link | null): string {
  const end = via === null || via.host === link.host ? '' : ` (via ${broken(via.host)})`;
  const scheme = link.scheme.replace(/^http/, 'hxxp').replace(/^ftp/, 'fxp');
  const start = cut(
    `${scheme}//${broken(link.host)}${link.isBare ? '' : link.tail}`,
    MAX_LENGTH - Math.min(end.length, 80),
  );
  return start + cut(end, 80);
}

function broken(host: string): string {
  return host.replaceAll('.', '[.]');
}

function cut(text: string, length: number): string {
  const ascii = text.replace(/[^\x21-\x7e ]/g, '?');
  return ascii.length > length ? `${ascii.slice(0, length - 3)}...` : ascii;
}
