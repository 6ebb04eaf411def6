/** Whether a link leads to external storage, or behind a shortener, by the list and the agencies' own allow-lists. Pure. */
import type { Reason } from '../../mail/finding.ts';
import type { Judged, StorageHost, StorageList } from '../content-policy.ts';
import type { Link } from './canonical.ts';

export type LinkReason = Extract<Reason, 'external-storage' | 'short-link'>;

export interface LinkMatcher {
  reasonOf(link: Link): LinkReason | null;
  /** Whether a name of the list stands in a text as it is, whatever is around it: a cheap look before an expensive one. */
  isNamedIn(text: string): boolean;
}

export function createMatcher(list: StorageList, judged: Judged): LinkMatcher {
  const { storage, shorteners, allowed } = tablesOf(list);
  const allowLists = judged.agencies.map((code) => allowed.get(code) ?? NO_HOSTS);
  const isAllowed = (link: Link): boolean =>
    allowLists.length > 0 && allowLists.every((allowed) => allowed.matches(link));
  return {
    reasonOf(link) {
      if (storage.matches(link)) return isAllowed(link) ? null : 'external-storage';
      if (shorteners.matches(link)) return isAllowed(link) ? null : 'short-link';
      return null;
    },
    isNamedIn(text) {
      for (const [name] of text.toLowerCase().matchAll(/[a-z0-9.-]+/g)) {
        if (!name.includes('.') || name.length > MAX_NAME) continue;
        const host = name.replace(/^[.-]+|[.-]+$/g, '');
        if (storage.knows(host) || shorteners.knows(host)) return true;
      }
      return false;
    },
  };
}

interface Tables {
  readonly storage: Table;
  readonly shorteners: Table;
  /** By the agency's code. */
  readonly allowed: ReadonlyMap<string, Table>;
}

/** Made once for each list: a message can have thousands of parts and subjects, each with a link. */
const MADE = new WeakMap<StorageList, Tables>();

function tablesOf(list: StorageList): Tables {
  const made = MADE.get(list) ?? {
    storage: hostTable(list.hosts),
    shorteners: shortenerTable(list.shorteners),
    allowed: new Map(Object.entries(list.allowed).map(([code, hosts]) => [code, hostTable(hosts)])),
  };
  MADE.set(list, made);
  return made;
}

/** RFC 1035 §2.3.4, and the dots and hyphens that may stand around a name in prose. */
const MAX_NAME = 300;

interface Table {
  matches(link: Link): boolean;
  /** By the host alone. */
  knows(host: string): boolean;
}

type PathTest = (path: string) => boolean;

const NO_HOSTS: Table = { matches: () => false, knows: () => false };

function hostTable(entries: readonly StorageHost[]): Table {
  const byHost = new Map<string, PathTest[]>();
  const starred: { readonly isHost: RegExp; readonly fits: PathTest }[] = [];
  for (const entry of entries) {
    const fits = pathTest(entry);
    if (entry.host.includes('*')) {
      starred.push({ isHost: new RegExp(`(?:^|\\.)${glob(entry.host, '[^.]*')}$`), fits });
    } else byHost.set(entry.host, [...(byHost.get(entry.host) ?? []), fits]);
  }
  return {
    matches: ({ host, path }) =>
      suffixes(host).some((suffix) => byHost.get(suffix)?.some((fits) => fits(path))) ||
      starred.some(({ isHost, fits }) => isHost.test(host) && fits(path)),
    knows: (host) =>
      suffixes(host).some((suffix) => byHost.has(suffix)) || starred.some(({ isHost }) => isHost.test(host)),
  };
}

/**
 * The very host, with "www." or without: below it there may be another service (maps.app.goo.gl leads to maps alone). With a
 * path ("goo.gl/*") only links whose whole path is such; else any but the name alone, which leads nowhere.
 */
function shortenerTable(shorteners: readonly string[]): Table {
  if (shorteners.length === 0) return NO_HOSTS;
  const parts = shorteners.map((shortener): [string, string] => {
    const slash = shortener.indexOf('/');
    const host = glob(slash < 0 ? shortener : shortener.slice(0, slash), '[^.]*');
    return [host, slash < 0 ? '/.+' : glob(shortener.slice(slash).toLowerCase(), '[^/]+')];
  });
  const isHost = new RegExp(`^(?:www\\.)?(?:${parts.map(([host]) => host).join('|')})$`);
  const isShort = new RegExp(`^(?:www\\.)?(?:${parts.map((form) => form.join('')).join('|')})$`, 's');
  return {
    matches: ({ host, path }) => isHost.test(host) && isShort.test(host + path),
    knows: (host) => isHost.test(host),
  };
}

/** "a.b.c" → "a.b.c", "b.c", "c": so that only whole labels count. */
function suffixes(host: string): string[] {
  const found = [host];
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1))
    found.push(host.slice(dot + 1));
  return found;
}

function pathTest({ paths, except }: StorageHost): PathTest {
  const isExcepted = beginsWith(except);
  const isMeant = beginsWith(paths);
  return (path) => !(isExcepted?.test(path) ?? false) && (isMeant?.test(path) ?? true);
}

/** Whole steps: "/document" is the beginning of "/document/d" and not of "/documentary". */
function beginsWith(paths: readonly string[]): RegExp | null {
  if (paths.length === 0) return null;
  const forms = paths.map(
    (path) => glob(path.toLowerCase(), '[^/]*') + (path.endsWith('/') ? '' : '(?![^/])'),
  );
  return new RegExp(`^(?:${forms.join('|')})`);
}

function glob(pattern: string, star: string): string {
  return pattern.split('*').map(RegExp.escape).join(star);
}
