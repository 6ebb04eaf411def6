/**
 * Who may call what: the one place where it is decided. Every route declares the right that it needs; a route
 * without one is not registered, and what is not allowed here is refused.
 *
 * There is one role. The API listens on a Unix socket of mode 0600 only, so whoever could open it is the
 * server's owner or root: an operator of the whole system. Roles of an agency's administrators belong in `callerOf`
 * and `mayCall`.
 */

/** anyone: no facts about mail or people. operator: everything. */
export type Right = 'anyone' | 'operator';

const RIGHTS: readonly Right[] = ['anyone', 'operator'];

export interface Caller {
  readonly rights: readonly Right[];
}

export function callerOf(): Caller {
  return { rights: RIGHTS };
}

export function mayCall(caller: Caller, right: Right | undefined): boolean {
  return right !== undefined && caller.rights.includes(right);
}

/** Throws when a route is about to be registered that does not say what it needs: a bug of ours. */
export function requireRight(method: string, url: string, right: unknown): void {
  if (RIGHTS.some((known) => known === right)) return;
  throw new Error(`route ${method} ${url} does not declare which right it needs (config.right)`);
}
