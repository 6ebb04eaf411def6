/**
 * Who may call what: the one place where it is decided. Every route declares the right that it needs; a route
 * without one is not registered, and what is not allowed here is refused.
 *
 * The Unix socket has mode 0600: whoever could open it is the server's owner or root, and so an operator. Over TCP a
 * caller is what his token says. Roles of an agency's administrators belong here, too.
 */
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

/**
 * Each includes those before it. anyone: no facts about mail or people. metrics: sums. read: everything but changes and
 * secrets. operator: everything.
 */
const RIGHTS = ['anyone', 'metrics', 'read', 'operator'] as const;
export type Right = (typeof RIGHTS)[number];

export interface Caller {
  /** For the logs: "operator", "token console". */
  readonly name: string;
  readonly right: Right;
}

export interface Asked {
  /** Undefined: there is no such route; it is refused or ends as 404. */
  readonly right: Right | undefined;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** Address and port of the other end. */
  readonly peer: string;
}

export type Decision =
  | { readonly kind: 'allowed'; readonly caller: Caller }
  | {
      readonly kind: 'refused';
      readonly status: 401 | 403 | 421;
      readonly detail: string;
      /** For WWW-Authenticate; null: another token would not help. */
      readonly challenge: string | null;
    };

export type Gate = (asked: Asked) => Promise<Decision>;

/** Wrong tokens are told once in this time, with their number. */
const TELL_MS = 10_000;
const REALM = 'Bearer realm="geganti"';
const NOBODY: Caller = { name: 'anyone', right: 'anyone' };
const OPERATOR: Caller = { name: 'operator', right: 'operator' };

export function mayCall(caller: Caller, right: Right | undefined): boolean {
  return right !== undefined && RIGHTS.indexOf(caller.right) >= RIGHTS.indexOf(right);
}

/** Throws when a route is about to be registered that does not say what it needs: a bug of ours. */
export function requireRight(method: string, url: string, right: unknown): void {
  if (RIGHTS.some((known) => known === right)) return;
  throw new Error(`route ${method} ${url} does not declare which right it needs (config.right)`);
}

export const socketGate: Gate = async ({ right }) => decide(OPERATOR, right);

export interface TokenGateDeps {
  readonly directory: Pick<Directory, 'findToken'>;
  readonly clock: Clock;
  readonly log: Log;
}

export function createTokenGate({ directory, clock, log }: TokenGateDeps): Gate {
  let untold = 0;
  let quietUntil = 0;

  /** The token itself is never told: it may be a good one with a slip of the hand. */
  function noteWrong(peer: string): void {
    untold++;
    if (clock.elapsedMs() < quietUntil) return;
    log.warn({ peer, attempts: untold }, 'API: a token was given that is not valid');
    untold = 0;
    quietUntil = clock.elapsedMs() + TELL_MS;
  }

  return async ({ right, host, authorization, peer }) => {
    // A page of the web whose name was made to point at this machine (DNS rebinding) still names itself here.
    if (!isLoopback(host)) {
      return refused(
        421,
        'the Host header must name this machine itself, such as localhost or 127.0.0.1',
        null,
      );
    }
    if (right === undefined || right === 'anyone') return decide(NOBODY, right);
    const secret = bearerOf(authorization);
    if (secret === null) return refused(401, 'a token is needed: Authorization: Bearer …', REALM);
    const token = await directory.findToken(secret);
    if (token) return decide({ name: `token ${token.name}`, right: token.right }, right);
    noteWrong(peer);
    // RFC 6750 §3.1
    return refused(401, 'the token is not valid, or its time is over', `${REALM}, error="invalid_token"`);
  };
}

function decide(caller: Caller, right: Right | undefined): Decision {
  if (mayCall(caller, right)) return { kind: 'allowed', caller };
  // RFC 6750 §3.1
  return refused(403, `this needs the right "${right}"`, `${REALM}, error="insufficient_scope"`);
}

function refused(status: 401 | 403 | 421, detail: string, challenge: string | null): Decision {
  return { kind: 'refused', status, detail, challenge };
}

/** RFC 6750 §2.1 */
function bearerOf(header: string | undefined): string | null {
  return /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(header ?? '')?.[1] ?? null;
}

/** "localhost", "127.0.0.1:2580", "[::1]:2580". */
function isLoopback(host: string | undefined): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i.test(host ?? '');
}
