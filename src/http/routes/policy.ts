/** What the content rules would do with a message that somebody only shows: nothing is sent, nothing is kept. */
import type { Agency, Directory } from '../../directory/directory.ts';
import { domainOf, parseAddress } from '../../mail/address.ts';
import type { Found, Reason } from '../../mail/finding.ts';
import { REASON_CATALOGUE, replyOf } from '../../rules/catalogue.ts';
import type { ContentPolicy, Judged } from '../../rules/content-policy.ts';
import { directionOf, evaluate, heaviest, strongest } from '../../rules/evaluate.ts';
import {
  POLICY_TEST,
  POLICY_TEST_REQUEST,
  type PolicyTest,
  type PolicyTestRequest,
} from '../policy-resources.ts';
import { NO_QUERY } from '../queries.ts';
import { done, json, notFound, type Route, refused, route } from '../route.ts';

export interface PolicyDeps {
  readonly directory: Pick<Directory, 'listAgencies'>;
  /** As `policy/trial.ts` has it. */
  readonly trial: {
    policy(): ContentPolicy;
    look(content: Buffer, judged: Judged, signal: AbortSignal): Promise<readonly Found[]>;
  };
  /** Of one message; may change while the server runs. */
  readonly limits: { readonly messageBytes: number };
  readonly stopping: AbortSignal;
}

/** Only clamd and rspamd find these, and they are not asked. */
const OF_SCANNERS: ReadonlySet<Reason> = new Set<Reason>(['virus', 'unscannable', 'spam', 'junk']);
/** In JSON, beside the message. */
const REST_BYTES = 512 * 1024;

export function policyRoutes({ directory, trial, limits, stopping }: PolicyDeps): Route[] {
  return [
    route({
      method: 'POST',
      url: '/policy/test',
      right: 'operator',
      summary: 'Tell what each content rule would do with a message, and why; nothing is sent',
      changes: false,
      query: NO_QUERY,
      body: POLICY_TEST_REQUEST,
      bodyBytes: Math.ceil((limits.messageBytes / 3) * 4) + REST_BYTES,
      good: json(POLICY_TEST),
      problems: [404, 422],
      async handle({ body }) {
        const content = Buffer.from(body.content, 'base64');
        if (content.length > limits.messageBytes) {
          return refused(`the message has ${content.length} octets, at most ${limits.messageBytes} come in`);
        }
        const judged = judgedBy(body, await directory.listAgencies());
        if (judged.kind === 'unknown') return notFound(judged.detail);
        const found = await trial.look(content, judged, stopping);
        return done(answer(content, judged, found, trial.policy()));
      },
    }),
  ];
}

type Whose = ({ readonly kind: 'known' } & Judged) | { readonly kind: 'unknown'; readonly detail: string };

function judgedBy(
  { as, fromOutside = false, to = [] }: PolicyTestRequest,
  agencies: readonly Agency[],
): Whose {
  const own = agencyOf(as, agencies);
  if (!own) return { kind: 'unknown', detail: `${as}: no agency has such an address` };
  const theirs = to.map((address) => agencyOf(address, agencies));
  if (!fromOutside) {
    const recipients = theirs.length > 0 ? theirs : [null];
    const direction = directionOf({
      login: own,
      recipients: recipients.map((agency) => ({ agencyId: agency?.id ?? null })),
    });
    return { kind: 'known', direction, agencies: [own.code] };
  }
  const stranger = theirs.indexOf(null);
  if (stranger >= 0) return { kind: 'unknown', detail: `${to[stranger]}: no agency has such an address` };
  const codes = [own, ...theirs].flatMap((agency) => agency?.code ?? []);
  return { kind: 'known', direction: 'in', agencies: [...new Set(codes)] };
}

/** By the domain: who has no mailbox is judged all the same. */
function agencyOf(text: string, agencies: readonly Agency[]): Agency | null {
  const address = parseAddress(text);
  return (address && agencies.find(({ domains }) => domains.includes(domainOf(address)))) ?? null;
}

function answer(content: Buffer, judged: Judged, found: readonly Found[], policy: ContentPolicy): PolicyTest {
  const { direction, agencies } = judged;
  const findings = evaluate(found, direction, policy.modes);
  const worst = heaviest(findings);
  const reasons = Object.keys(REASON_CATALOGUE) as Reason[];
  return {
    direction,
    agencies,
    sizeBytes: content.length,
    outcome: strongest(findings),
    reply: worst?.action === 'refuse' ? linesOf(worst) : null,
    rules: reasons.map((reason) => ({
      reason,
      asked: !OF_SCANNERS.has(reason),
      action: policy.modes[reason][direction],
      found: found.flatMap(({ detail, part, ...fact }) => (fact.reason === reason ? [{ detail, part }] : [])),
    })),
  };
}

function linesOf(finding: Found): readonly string[] {
  const { code, enhanced, lines } = replyOf(finding);
  return lines.map((line) => `${code} ${enhanced} ${line}`);
}
