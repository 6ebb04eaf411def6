/**
 * The doors together: mx for other servers, submission and submissions for people and applications. Serves those that
 * are bound already, and stops so that nobody is cut off without a word: idle sessions get a `421` at once, one in the
 * middle of a message too, and one whose last octet has come gets its true answer first.
 */
import type { CertificatePair } from '../lib/certificate-pair.ts';
import { createLifecycle, type Lifecycle } from '../lib/lifecycle.ts';
import type { BoundAddresses, BoundDoors } from './bound-doors.ts';
import { type OpenDoor, openDoor } from './door.ts';
import { secureContextOf } from './handshakes.ts';
import { createLoginGuard } from './login-guard.ts';
import { createRefusals } from './refusals.ts';
import { createVacancies } from './role-address.ts';
import type { SessionDeps, Shared } from './session-types.ts';

export type { BoundAddresses, BoundDoors } from './bound-doors.ts';
export { bindDoors } from './bound-doors.ts';

export interface ReceiverDeps extends SessionDeps {
  readonly doors: BoundDoors;
  readonly tls: CertificatePair;
  /** Holds the stop back while a message is on its way from the last octet to its answer; its stop begins ours. */
  readonly lifecycle?: Lifecycle;
}

export interface Receiver extends AsyncDisposable {
  readonly addresses: BoundAddresses;
  /** Serves those who wait at the doors, and from now on those who come. Called once. */
  open(): void;
  /**
   * New handshakes show this certificate; sessions that are open go on. Throws a Problem, and keeps the old one, when
   * TLS does not take the pair.
   */
  renewCertificate(pair: CertificatePair): void;
}

/** A stop takes less than 30 s in all; what hangs longer than this is cut. */
const STOP_MS = 25_000;
const STOP_STEP_MS = 20;

/** Its disposal stops the bound doors, too. */
export function createReceiver(deps: ReceiverDeps): Receiver {
  const { doors: bound, tls: firstPair, lifecycle, ...sessionDeps } = deps;
  const { settings, log, clock } = deps;
  const own = createLifecycle();
  const shared: Shared = {
    ...sessionDeps,
    lifecycle: { stopping: own.stopping, begin: (label) => beginBoth(own, lifecycle, label) },
    loginGuard: createLoginGuard(settings.limits, clock),
    refusals: createRefusals(deps),
    vacancies: createVacancies(deps),
  };
  const doors: OpenDoor[] = [];
  let tls = firstPair;

  const beginStop = (): void => {
    for (const door of bound.doors) door.stop();
    for (const door of doors) door.stop();
    void own.stop(0);
  };
  lifecycle?.stopping.addEventListener('abort', beginStop, { once: true });
  if (lifecycle?.stopping.aborted) beginStop();

  return {
    addresses: bound.addresses,
    open() {
      for (const door of bound.doors) doors.push(openDoor(shared, door, tls));
    },
    renewCertificate(pair) {
      // Before any door changes: all of them or none.
      secureContextOf(pair);
      tls = pair;
      for (const door of doors) door.renew(pair);
    },
    async [Symbol.asyncDispose]() {
      beginStop();
      lifecycle?.stopping.removeEventListener('abort', beginStop);
      const cutAt = clock.elapsedMs() + STOP_MS;
      const unfinished = await own.stop(STOP_MS);
      const open = (): number => bound.doors.reduce((sum, door) => sum + door.connections, 0);
      while (open() > 0 && clock.elapsedMs() < cutAt) await clock.sleep(STOP_STEP_MS);
      if (unfinished.length + open() > 0) log.warn({ unfinished, connections: open() }, 'stopping: cut');
      for (const door of doors) door.destroy();
    },
  };
}

/** The server's stop and the disposal of the receiver alone both wait for the activity, and both refuse new ones. */
function beginBoth(own: Lifecycle, servers: Lifecycle | undefined, label: string): Disposable | null {
  const mine = own.begin(label);
  if (!mine || !servers) return mine;
  const theirs = servers.begin(label);
  if (!theirs) {
    mine[Symbol.dispose]();
    return null;
  }
  return {
    [Symbol.dispose]() {
      mine[Symbol.dispose]();
      theirs[Symbol.dispose]();
    },
  };
}
