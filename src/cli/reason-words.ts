/** What content rules and scanners find, in the words of the catalogue. */
import type { Finding } from '../http/resources.ts';
import { REASON_TEXTS } from '../rules/reason-texts.ts';

/** A message may have thirty; `--json` has them all. */
const MAX_FINDINGS = 5;

const DONE: Readonly<Record<Finding['action'], string>> = {
  observe: 'only noted',
  tag: 'delivered with a mark',
  junk: 'for Junk',
  quarantine: 'to be kept',
  refuse: 'refused',
};

/** A noun phrase each: "link to external storage". */
export const REASON_WORDS = Object.fromEntries(
  Object.entries(REASON_TEXTS).map(([reason, { english }]) => [reason, english]),
) as Readonly<Record<Finding['reason'], string>>;

/** "link to external storage hxxps://… in part 2 (refused); …"; "": there are none. */
export function findingsInWords(findings: readonly Finding[]): string {
  const told = findings.slice(0, MAX_FINDINGS).map(({ reason, detail, part, action }) => {
    const where = part === null ? '' : ` in part ${part}`;
    // A newer server may know more of them than this command.
    return `${REASON_WORDS[reason] ?? reason}: ${detail}${where} (${DONE[action] ?? action})`;
  });
  const more = findings.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}
