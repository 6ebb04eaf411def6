/** From what was seen to what is done: the mode of each reason in the direction of the message. Pure. */
import { ACTIONS, type Action, type Direction, type Finding, type Found } from '../mail/finding.ts';
import type { Verdict } from '../mail/verdict.ts';
import { weightOf } from './catalogue.ts';
import type { Modes } from './content-policy.ts';

/** More say nothing new. */
export const MAX_FINDINGS = 30;
const MAX_DETAIL = 300;

/** Heaviest first, at most `MAX_FINDINGS`, each once; what is not looked for in that direction is left out. */
export function evaluate(found: readonly Found[], direction: Direction, modes: Modes): Finding[] {
  return inOrder(
    found.flatMap((fact): Finding[] => {
      const action = modes[fact.reason][direction];
      return action === null ? [] : [{ ...fact, detail: fact.detail.slice(0, MAX_DETAIL), action }];
    }),
  );
}

/** The same for findings of several places: those of the door and those of the worker. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const each = new Map(findings.map((finding) => [factOf(finding), finding]));
  return [...each.values()].sort(heavierFirst).slice(0, MAX_FINDINGS);
}

/** Nothing found, or nothing that keeps it from the mailbox (`observe`, `tag`): `deliver`. */
export function strongest(findings: readonly Finding[]): Verdict['action'] {
  const action = heaviest(findings)?.action;
  return action === undefined || action === 'observe' || action === 'tag' ? 'deliver' : action;
}

/** By its action, then by its reason: whose reply the sender gets, and for whose reason it is kept. Null: none. */
export function heaviest(findings: readonly Finding[]): Finding | null {
  return findings.toSorted(heavierFirst)[0] ?? null;
}

/** Facts of the envelope: without a login it comes from outside; a recipient who is not ours has no agency. */
export function directionOf(envelope: {
  readonly login: object | null;
  readonly recipients: readonly { readonly agencyId?: string | null }[];
}): Direction {
  if (envelope.login === null) return 'in';
  return envelope.recipients.every(({ agencyId }) => agencyId) ? 'within' : 'out';
}

function heavierFirst(a: Finding, b: Finding): number {
  return strengthOf(b.action) - strengthOf(a.action) || weightOf(a.reason) - weightOf(b.reason);
}

function strengthOf(action: Action): number {
  return ACTIONS.indexOf(action);
}

function factOf({ reason, detail, part, action }: Finding): string {
  return JSON.stringify([reason, detail, part, action]);
}
