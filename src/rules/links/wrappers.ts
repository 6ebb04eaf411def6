/**
 * Services that wrap a link into one of their own, each by its rule. Only those stand here whose target does not show as
 * an absolute link once it is percent-decoded: `unwrap.ts` finds the others (Outlook's safe links, Barracuda, urldefense
 * v1 and v3 …) without knowing them. Pure.
 */
import { type Link, percentDecoded } from './canonical.ts';

interface Wrapper {
  readonly host: RegExp;
  /** Of the path, lower case. */
  readonly path?: RegExp;
  targets(link: Link): string[];
}

/** Google in every country: google.com.my, google.co.uk, google.de. */
const GOOGLE = /(?:^|\.)google\.[a-z]{2,3}(?:\.[a-z]{2})?$/;

const WRAPPERS: readonly Wrapper[] = [
  // The target may stand without its scheme, in a parameter whose name changes.
  {
    host: GOOGLE,
    path: /^\/(?:url|imgres|linkredirect|translate|website|viewer|gview)(?![^/])/,
    targets: parameters,
  },
  { host: /(?:^|\.)youtube\.com$/, path: /^\/redirect/, targets: parameters },
  { host: /(?:^|\.)vk\.(?:com|ru)$/, path: /^\/away/, targets: parameters },
  { host: /^lm?\.(?:facebook|instagram|messenger|wl)\.(?:com|co)$/, targets: parameters },
  { host: /(?:^|\.)facebook\.com$/, path: /^\/(?:l\.php|flx\/warn)/, targets: parameters },
  { host: /(?:^|\.)linkedin\.com$/, path: /^\/(?:redir|safety)/, targets: parameters },
  { host: /^(?:duckduckgo\.com|html\.duckduckgo\.com)$/, path: /^\/l(?![^/])/, targets: parameters },
  { host: /(?:^|\.)steamcommunity\.com$/, path: /^\/linkfilter/, targets: parameters },
  {
    host: /^(?:out\.reddit\.com|t\.umblr\.com|slack-redir\.net|disq\.us|href\.li|anonym\.to)$/,
    targets: parameters,
  },
  { host: /(?:^|\.)(?:safelinks\.protection\.outlook\.com|linkprotect\.cudasvc\.com)$/, targets: parameters },
  // Filters that keep the target to themselves and show its host alone.
  { host: /(?:^|\.)(?:mimecast\.com|mimecastprotect\.com|protection\.sophos\.com)$/, targets: parameters },
  { host: /^urldefense(?:\.proofpoint)?\.com$/, path: /^\/v2\//, targets: urlDefense },
  // Copies of pages, with the target in the path.
  { host: GOOGLE, path: /^\/amp\//, targets: (link) => inPath(link, /^\/amp\/(?:s\/)?/) },
  { host: /(?:^|\.)cdn\.ampproject\.org$/, targets: (link) => inPath(link, /^\/[a-z]+\/(?:s\/)?/) },
  { host: /^web\.archive\.org$/, targets: (link) => inPath(link, /^\/(?:web\/)?[0-9a-z_*]+\//) },
  { host: /\.translate\.goog$/, targets: translated },
];

/** The links that the service leads to; empty: none is known. */
export function wrappedIn(link: Link): string[] {
  return WRAPPERS.filter(({ host, path }) => host.test(link.host) && (path?.test(link.path) ?? true)).flatMap(
    (wrapper) => wrapper.targets(link),
  );
}

function parameters({ query }: Link): string[] {
  const named = [...new URLSearchParams(query).values()];
  // `href.li/?www.dropbox.com/…`: the query is the target.
  return [...named, percentDecoded(query.slice(1))].filter((value) => value.includes('.')).slice(0, 20);
}

/** Proofpoint's v2: `u=https-3A__www.dropbox.com_s_abc`. */
function urlDefense({ query }: Link): string[] {
  const coded = new URLSearchParams(query).get('u');
  return coded === null ? [] : [percentDecoded(coded.replaceAll('-', '%').replaceAll('_', '/'))];
}

function inPath({ tail }: Link, before: RegExp): string[] {
  const target = tail.replace(before, '');
  return target === tail ? [] : [percentDecoded(target)];
}

/** `www-dropbox-com.translate.goog`: dots are hyphens, hyphens are doubled. */
function translated({ host, tail }: Link): string[] {
  const label = host.slice(0, -'.translate.goog'.length);
  return [label.replaceAll('--', '\0').replaceAll('-', '.').replaceAll('\0', '-') + tail];
}
