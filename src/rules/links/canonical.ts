/**
 * One spelling for each link, the one that a browser makes of it: the WHATWG URL parser does the work (backslashes, missing
 * slashes, user names, ports, percent-encoded and full-width hosts, IDNA). Added is what mail programs do before a browser
 * gets to see it: a link without a scheme is one to the web. Pure; never throws.
 */

export interface Link {
  /** "https:". */
  readonly scheme: string;
  /** Lower case, A-labels, no dot at its end. */
  readonly host: string;
  /** For comparing: decoded, lower case, never with two slashes in a row. */
  readonly path: string;
  /** For people: path, query and fragment, in ASCII. */
  readonly tail: string;
  /** For what is wrapped in it. */
  readonly query: string;
  /** Nothing behind the host: no file hangs on it. */
  readonly isBare: boolean;
}

/** What has no host, or has one that no file hangs on. */
const HOSTLESS = /^(?:mailto|tel|sms|cid|mid|javascript|vbscript|data|about|xmpp|sip|sips):/i;
const SPECIAL = /^(?:https?|ftp|wss?|file):/i;
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/** `dropbox.com:443/…` has no scheme, whatever a URL parser says. */
const HOST_AND_PORT = /^[^\s/?#\\:@]+\.[^\s/?#\\:@]+:\d{1,5}(?:[/?#\\]|$)/;
/** Windows' way of writing "by HTTPS" into a network path: `\\host@SSL\DavWWWRoot\…`. */
const UNC_BY_TLS = /^(?:file:)?([\\/]{2,}[^\\/@]+)@SSL(?:@\d+)?(?=[\\/]|$)/i;
/** RFC 1035 §2.3.4; a longer one leads nowhere. */
const MAX_HOST = 253;

/** Null: it leads to no host. `base`: what a link without a scheme is relative to; without one it is taken as one to the web. */
export function canonicalLink(raw: string, base?: string): Link | null {
  const text = stripped(raw);
  const url = base === undefined ? URL.parse(absolute(text)) : URL.parse(text, base);
  if (url === null) return null;
  const host = url.hostname.replace(/\.+$/, '');
  if (host === '' || host.length > MAX_HOST || HOSTLESS.test(url.href)) return null;
  return {
    scheme: url.protocol,
    host,
    path: percentDecoded(url.pathname)
      .toLowerCase()
      .replace(/\/{2,}/g, '/'),
    tail: url.pathname + url.search + url.hash,
    query: url.search,
    isBare: url.pathname.length < 2 && url.search === '' && url.hash === '',
  };
}

/** Leading and trailing blanks, and line ends and tabs anywhere: as the URL parser drops them. */
export function stripped(raw: string): string {
  return raw
    .replace(/[\t\n\r]+/g, '')
    .replace(/^[\x00-\x20]+/, '')
    .trimEnd();
}

/** Needs a base to lead anywhere: `s/abc`, `/s/abc`, `../abc`, `?a`. */
export function isRelative(text: string): boolean {
  return (
    text !== '' && !/^(?:[\\/]{2}|#)/.test(text) && (!OTHER_SCHEME.test(text) || HOST_AND_PORT.test(text))
  );
}

function absolute(text: string): string {
  const plain = text.replace(UNC_BY_TLS, '$1');
  if (HOST_AND_PORT.test(plain)) return `https://${plain}`;
  if (SPECIAL.test(plain) || HOSTLESS.test(plain)) return plain;
  const other = OTHER_SCHEME.exec(plain);
  // `webcal:`, `intent:` … A browser would keep such a host as it was written.
  if (other)
    return /^[\\/]{2}/.test(plain.slice(other[0].length)) ? `https:${plain.slice(other[0].length)}` : '';
  if (/^[\\/]{2}/.test(plain)) return `https:${plain}`;
  return /^[\\/?#.]/.test(plain) ? '' : `https://${plain}`;
}

/** Once; what cannot be decoded as UTF-8 is decoded octet by octet. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1');
    }
  });
}
