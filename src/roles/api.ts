/** The role that serves the geganti command, programs and monitoring: HTTP, the directory's changes, the delivery log. */
import { join } from 'node:path';
import type { Directory } from '../directory/directory.ts';
import { createApi } from '../http/api.ts';
import type { ControlLink } from '../link/receiver.ts';
import { createContentTrial } from '../policy/trial.ts';
import { startDigests } from '../quarantine/digests.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import { createReleases } from '../quarantine/release.ts';
import { openDeliveryLog } from '../trace/delivery-log.ts';
import type { RoleDeps } from './role.ts';
import { createReadiness, createStatus } from './status.ts';

export interface ApiRoleDeps extends RoleDeps {
  readonly control: ControlLink;
  readonly directory: Directory;
  readonly quarantine: Quarantine;
}

/** Throws a Problem when the trace database, the socket or the port cannot be had. */
export async function startApi(deps: ApiRoleDeps): Promise<AsyncDisposable> {
  const { settings, version, trace, control, directory, quarantine, clock, log } = deps;
  await using starting = new AsyncDisposableStack();
  const deliveryLog = starting.use(
    await openDeliveryLog({
      folder: join(settings.data, 'log'),
      database: settings.database.trace,
      timezone: settings.timezone,
      keepMs: () => settings.log.keepMs,
      flush: () => trace.flush(),
      clock,
      log,
    }),
  );
  const status = createStatus({ ...deps, deliveryLog });
  const { policy, limits } = settings;
  const trial = starting.use(
    createContentTrial({
      policy: () => policy,
      openTimeoutMs: () => policy.openTimeoutMs,
      openMemoryBytes: () => policy.openMemoryBytes,
      clock,
      log,
    }),
  );
  const api = starting.use(
    createApi({
      directory,
      deliveryLog,
      control,
      quarantine,
      trial,
      limits,
      releases: createReleases({ quarantine, enter: control.enter, trace, clock, log }),
      status,
      ready: createReadiness({ control, directory }),
      version,
      endpoints: { socket: settings.services.api, tcp: settings.api.listen },
      clock,
      log,
    }),
  );
  await api.listen();
  starting.use(
    startDigests({
      folder: join(settings.data, 'quarantine'),
      quarantine,
      findMailbox: (address) => directory.findMailbox(address),
      enter: control.enter,
      settings: settings.quarantine,
      hostname: settings.hostname,
      timezone: settings.timezone,
      clock,
      log,
    }),
  );
  const running = starting.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}
