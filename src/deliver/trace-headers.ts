/**
 * The header lines that Geganti puts in front of a message when it delivers it: what the spam filter said, what the
 * content rules mark, and what it found out about the sender. Pure. Lines of these names that a sender wrote were removed at the door.
 */
import { isUnproven } from '../mail/destination.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Verdict } from '../mail/verdict.ts';
import { authenticationResults } from './authentication-results.ts';

const LINE_LENGTH = 76;
/** Why mail lies in Junk that the spam filter found nothing against. */
const UNPROVEN = 'X-Geganti-Note: From names our domain, and nothing proves it';

const LET_OUT = 'X-Geganti-Note: Released from quarantine by an administrator';
const RELEASED: Readonly<Record<Verdict['kind'], string>> = {
  clean: LET_OUT,
  junk: LET_OUT,
  spam: LET_OUT,
  infected: `${LET_OUT}; it holds a virus`,
  unscannable: `${LET_OUT}; it was not scanned`,
};

/**
 * Whole lines with CRLF. Of a message that we made ourselves nothing needs to be said; of one that was let out of
 * quarantine just that, and what is wrong with it: its scan knew no client, and a mark of spam would undo the release.
 */
export function traceHeaders(
  facts: Pick<Envelope, 'door' | 'login' | 'claimsOurDomain' | 'release'> & {
    readonly hostname: string;
    readonly verdict: Verdict;
  },
): Buffer {
  const { hostname, door, login, claimsOurDomain, release, verdict } = facts;
  if (release) return Buffer.from(`${RELEASED[verdict.kind]}\r\n`, 'latin1');
  if (door === 'internal') return Buffer.alloc(0);
  const junk = verdict.action === 'junk';
  const score = verdict.score.toFixed(1);
  const lines = [
    ...(junk ? ['X-Spam: Yes'] : []),
    ...(isUnproven(verdict, claimsOurDomain) ? [UNPROVEN] : []),
    ...[...tagsOf(verdict)].map((reason) => `X-Geganti-Policy: ${reason}`),
    `X-Spam-Status: ${junk ? 'Yes' : 'No'}, score=${score} required=${verdict.junkScore.toFixed(1)}`,
    ...fold('X-Spam-Tests:', verdict.symbols, ','),
    `X-Spam-Score: ${score}`,
    ...fold(`Authentication-Results: ${hostname};`, authenticationResults(login, verdict.symbols), ';'),
  ];
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

/** What the settings want the reader's program to know, each reason once. */
function tagsOf({ findings }: Verdict): Set<string> {
  return new Set(findings.filter(({ action }) => action === 'tag').map(({ reason }) => reason));
}

/** RFC 5322 §2.2.3: a line is continued by one that begins with a space. No words, no field. */
function fold(name: string, words: readonly string[], separator: string): string[] {
  if (words.length === 0) return [];
  const lines: string[] = [];
  let line = name;
  words.forEach((word, index) => {
    const text = index === words.length - 1 ? word : word + separator;
    if (line.length + 1 + text.length > LINE_LENGTH) {
      lines.push(line);
      line = '';
    }
    line = `${line} ${text}`;
  });
  return [...lines, line];
}
