/**
 * The spam filter's symbols about SPF, DKIM and DMARC in the words of RFC 8601. Pure. A method of which no symbol
 * speaks is left out: nothing is claimed that was not checked.
 */
import type { Login } from '../mail/envelope.ts';

/** RFC 8601 §2.7.1 (dkim), §2.7.2 (spf), RFC 7489 §11.2 (dmarc). */
const RESULTS: readonly (readonly [method: string, symbols: Readonly<Record<string, string>>])[] = [
  [
    'spf',
    {
      R_SPF_ALLOW: 'pass',
      R_SPF_PLUSALL: 'pass',
      R_SPF_FAIL: 'fail',
      R_SPF_SOFTFAIL: 'softfail',
      R_SPF_NEUTRAL: 'neutral',
      R_SPF_DNSFAIL: 'temperror',
      R_SPF_PERMFAIL: 'permerror',
    },
  ],
  [
    'dkim',
    {
      R_DKIM_ALLOW: 'pass',
      R_DKIM_REJECT: 'fail',
      R_DKIM_TEMPFAIL: 'temperror',
      R_DKIM_PERMFAIL: 'permerror',
    },
  ],
  [
    'dmarc',
    {
      DMARC_POLICY_ALLOW: 'pass',
      DMARC_POLICY_ALLOW_WITH_FAILURES: 'pass',
      DMARC_POLICY_REJECT: 'fail',
      DMARC_POLICY_QUARANTINE: 'fail',
      DMARC_POLICY_SOFTFAIL: 'fail',
    },
  ],
];

/** "spf=pass", "dkim=fail" …; "auth=pass smtp.auth=<login>" for our own users; "none" when nothing is known. */
export function authenticationResults(login: Login | null, symbols: readonly string[]): string[] {
  if (login) return [`auth=pass smtp.auth=${login.address}`];
  const results: string[] = [];
  for (const [method, words] of RESULTS) {
    // The heaviest symbol comes first, and with several signatures it is the one that counted.
    const symbol = symbols.find((name) => Object.hasOwn(words, name));
    if (symbol !== undefined) results.push(`${method}=${words[symbol]}`);
  }
  return results.length > 0 ? results : ['none'];
}
