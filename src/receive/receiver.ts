/**
 * The doors together: mx for other servers, submission and submissions for people and applications. Listens, and
 * stops so that nobody is cut off without a word: idle sessions get a `421` at once, one in the middle of a message
 * too, and one whose last octet has come gets its true answer first.
 */
import { createLifecycle, type Lifecycle } from '../lib/lifecycle.ts';
import { type OpenDoor, openDoor } from './door.ts';
import { createLoginGuard } from './login-guard.ts';
import type { BoundAddress } from './ports.ts';
import { createRefusals } from './refusals.ts';
import type { DoorName, ReceiverDeps, Shared } from './session-types.ts';

export type { ReceiverDeps } from './session-types.ts';
export type BoundAddresses = Readonly<Record<DoorName, readonly BoundAddress[]>>;

export interface Receiver extends AsyncDisposable {
  /** Opens the doors that are enabled. Throws a Problem when a port or address cannot be had; none is open then. */
  listen(): Promise<BoundAddresses>;
  /** Empty before `listen`. */
  readonly addresses: BoundAddresses;
}

const DOORS: readonly DoorName[] = ['mx', 'submission', 'submissions'];
/** A stop takes less than 30 s in all; what hangs longer than this is cut. */
const STOP_MS = 25_000;
const STOP_STEP_MS = 20;

export function createReceiver(deps: ReceiverDeps): Receiver {
  const { settings, log, clock } = deps;
  const own = createLifecycle();
  const shared: Shared = {
    ...deps,
    lifecycle: { stopping: own.stopping, begin: (label) => beginBoth(own, deps.lifecycle, label) },
    loginGuard: createLoginGuard(settings.limits, clock),
    refusals: createRefusals(deps),
  };
  const doors: OpenDoor[] = [];
  let addresses: BoundAddresses = { mx: [], submission: [], submissions: [] };

  const beginStop = (): void => {
    for (const door of doors) door.stop();
    void own.stop(0);
  };
  deps.lifecycle?.stopping.addEventListener('abort', beginStop, { once: true });

  return {
    async listen() {
      const total = { open: 0, limit: settings.limits.connections };
      const bound: Record<DoorName, readonly BoundAddress[]> = { mx: [], submission: [], submissions: [] };
      try {
        for (const name of DOORS) {
          if (!settings.doors[name].enabled) continue;
          const door = await openDoor(shared, name, total);
          doors.push(door);
          bound[name] = door.addresses;
        }
      } catch (error) {
        for (const door of doors.splice(0)) door.stop();
        throw error;
      }
      addresses = bound;
      return addresses;
    },
    get addresses() {
      return addresses;
    },
    async [Symbol.asyncDispose]() {
      beginStop();
      deps.lifecycle?.stopping.removeEventListener('abort', beginStop);
      const cutAt = clock.elapsedMs() + STOP_MS;
      const unfinished = await own.stop(STOP_MS);
      const open = (): number => doors.reduce((sum, door) => sum + door.connections, 0);
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
