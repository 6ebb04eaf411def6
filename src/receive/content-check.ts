/**
 * The content rules at the door: looks at a message in the same pass in which it goes to the spool, and says at its end
 * what of it turns the message away.
 *
 * It is shown the message as its reader gets it: what we take out of the header is not there any more, and what we put on
 * top of it is left out, since a line of ours must not make a message too large.
 */
import type { Limits } from '../config/settings.ts';
import type { DoorInspection, Envelope } from '../mail/envelope.ts';
import type { Finding } from '../mail/finding.ts';
import { WALK_LIMITS } from '../mail/parts.ts';
import type { Reply } from '../mail/reply.ts';
import { replyOf } from '../rules/catalogue.ts';
import type { ContentPolicy, Judged } from '../rules/content-policy.ts';
import { directionOf, evaluate, heaviest } from '../rules/evaluate.ts';
import { createInspector } from '../rules/inspect.ts';
import type { AgencyCodes } from './agency-codes.ts';

export interface ContentCheck {
  write(chunk: Buffer): void;
  /** It will be refused for what came so far: nobody need keep the message any more. Once true it stays so. */
  readonly hopeless: boolean;
  /** Called once, after the last octet. */
  end(): ContentDecision;
}

export type ContentDecision =
  | { readonly kind: 'passed'; readonly inspection: DoorInspection }
  | { readonly kind: 'refused'; readonly reply: Reply; readonly findings: readonly Finding[] };

export function createContentCheck(deps: {
  readonly policy: ContentPolicy;
  readonly judged: Judged;
  readonly limits: Pick<Limits, 'headerBytes' | 'headerLines'>;
}): ContentCheck {
  const { policy, judged } = deps;
  const { headerBytes, headerLines } = deps.limits;
  const inspector = createInspector({
    policy,
    judged,
    limits: { ...WALK_LIMITS, headerBytes, headerLines },
  });
  const refusesSize = policy.modes['attachment-size'][judged.direction] === 'refuse';
  return {
    write: (chunk) => inspector.write(chunk),
    get hopeless() {
      return refusesSize && inspector.attachmentBytes > policy.attachmentBytes;
    },
    end() {
      const { found, unopened } = inspector.end();
      const findings = evaluate(found, judged.direction, policy.modes);
      const reply = refusalOf(findings);
      return reply
        ? { kind: 'refused', reply, findings }
        : { kind: 'passed', inspection: { findings, unopened, agencies: judged.agencies } };
    },
  };
}

/** Whose mail it is to the rules: the sender's, if somebody of ours sends it, else that of all who are to get it. */
export async function judgedFor(
  { login, recipients }: Pick<Envelope, 'login' | 'recipients'>,
  agencies: AgencyCodes,
): Promise<Judged> {
  const ids = login ? [login.agencyId] : recipients.map(({ agencyId }) => agencyId);
  return { direction: directionOf({ login, recipients }), agencies: await agencies.codesOf(ids) };
}

/** What the client is told: the heaviest thing that turns its message away. Null: nothing does. */
export function refusalOf(findings: readonly Finding[]): Reply | null {
  const finding = heaviest(findings);
  return finding?.action === 'refuse' ? replyOf(finding) : null;
}
