/** Collects what the links of one part lead to: each reason and host once. */
import type { Found } from '../../mail/finding.ts';
import type { Judged, StorageList } from '../content-policy.ts';
import { canonicalLink, type Link } from './canonical.ts';
import { defanged } from './defang.ts';
import { createMatcher, type LinkReason } from './match.ts';
import { visitLinks } from './unwrap.ts';

/** Of one part; the sender is told of so many. */
const MAX_FOUND = 20;
/** Characters of one link; the host stands at its beginning, and no server takes a longer one. */
const MAX_LINK = 65_536;

/** By which a name of the list may not stand in a link as it is, though the link leads there. */
const DISGUISED = /[^\x21-\x7e]|%|aHR0c|translate\.goog|urldefense/i;

export interface LinkJudge {
  /** An element's link, or text with a scheme: the host is enough. */
  link(raw: string, base?: string): void;
  /** Text without a scheme: staff must be able to write about a host, so it counts only with something behind it. */
  mention(raw: string): void;
  /** Whether a name of the list stands in a text as it is: only then is it worth a closer look. */
  isNamedIn(text: string): boolean;
  /** In order of weight. */
  found(): Found[];
}

export interface LinkJudgeOptions {
  readonly part: string | null;
  readonly list: StorageList;
  readonly judged: Judged;
}

export function createLinkJudge({ part, list, judged }: LinkJudgeOptions): LinkJudge {
  const details = new Map<LinkReason, Map<string, string>>([
    ['external-storage', new Map()],
    ['short-link', new Map()],
  ]);
  const matcher = createMatcher(list, judged);

  function link(given: string, base?: string): void {
    const raw = given.slice(0, MAX_LINK);
    if (base === undefined && !DISGUISED.test(raw) && !matcher.isNamedIn(raw)) return;
    let outer: Link | null = null;
    let shortened: Link | null = null;
    const isFound = visitLinks(raw, base, (visited) => {
      outer ??= visited;
      const reason = matcher.reasonOf(visited);
      if (reason === 'short-link') shortened ??= visited;
      if (reason !== 'external-storage') return false;
      note(reason, visited, outer);
      return true;
    });
    if (!isFound && shortened !== null) note('short-link', shortened, outer);
  }

  function note(reason: LinkReason, visited: Link, outer: Link | null): void {
    const hosts = details.get(reason);
    if (!hosts || hosts.size >= MAX_FOUND || hosts.has(visited.host)) return;
    hosts.set(visited.host, defanged(visited, outer));
  }

  return {
    link,
    isNamedIn: (text) => matcher.isNamedIn(text),
    mention(raw) {
      const mentioned = canonicalLink(`https://${raw}`);
      if (mentioned !== null && !mentioned.isBare) link(`https://${raw}`);
    },
    found() {
      const all = [...details].flatMap(([reason, hosts]) =>
        [...hosts.values()].map((detail): Found => ({ reason, detail, part })),
      );
      return all.slice(0, MAX_FOUND);
    },
  };
}
