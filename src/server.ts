/**
 * The composition root: from settings to a running server with the roles that it is to play (`roles/`). What starts last
 * stops first: the API, the work in hand, the doors, the queue, the spool.
 *
 * Started as root it stays so only until its ports are bound and the private key is read; in a folder that its user
 * cannot read it stays so for good.
 */
import { join } from 'node:path';
import type { Settings } from './config/settings.ts';
import { openDirectoryDatabase } from './db/open.ts';
import { createDirectory } from './directory/database-directory.ts';
import type { Directory } from './directory/directory.ts';
import { createLateDirectory } from './directory/late-directory.ts';
import { ensureCertificate } from './lib/certificate.ts';
import { type CertificatePair, readCertificate } from './lib/certificate-pair.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { CrashPoint } from './lib/crash-point.ts';
import type { Log } from './lib/log.ts';
import { dropPrivileges, isRoot, staysRoot } from './lib/privileges.ts';
import { prepareData } from './lib/privileges-data.ts';
import { Away, Problem } from './lib/problem.ts';
import { watchProcess } from './lib/process-facts.ts';
import { connectLink } from './link/client.ts';
import type { ControlLink, WorkLink } from './link/receiver.ts';
import { createQuarantine } from './quarantine/disk-quarantine.ts';
import type { Quarantine } from './quarantine/quarantine.ts';
import { type BoundDoors, bindDoors } from './receive/receiver.ts';
import { startApi } from './roles/api.ts';
import { type ReceiveRole, startReceive } from './roles/receive.ts';
import { type Role, type RoleDeps, writerOf } from './roles/role.ts';
import { startWork } from './roles/work.ts';
import type { Trace } from './trace/events.ts';
import { createTrace } from './trace/recorder.ts';

export interface Server extends AsyncDisposable {
  /** Reads the certificate's files anew. Never rejects: what cannot serve is told in the log, and the pair before stays. */
  renewCertificate(): Promise<void>;
}

export interface ServerDeps {
  /** Sections may change while the server runs (`config/live.ts`). */
  readonly settings: Settings;
  readonly roles: readonly Role[];
  readonly log: Log;
  readonly version: string;
  readonly crashPoint: CrashPoint;
}

const clock: Clock = systemClock;
const EXPIRE_MS = 3_600_000;

/** Throws a Problem when a folder, a port or a database cannot be had; nothing stays open then. */
export async function startServer(deps: ServerDeps): Promise<Server> {
  const { settings, roles, log } = deps;
  await using starting = new AsyncDisposableStack();
  if (isRoot()) prepareData({ data: settings.data, user: settings.user });
  const bound = roles.includes('receive') ? await bindAsRoot(deps, starting) : null;
  giveUpRoot(settings, log);

  const base = await openBase(deps, starting);
  const directory = roles.includes('receive') || roles.includes('api') ? await openDirectory(deps) : null;
  starting.use(directory);
  const receive = bound && directory && (await startReceive({ ...base, ...bound, directory }));
  starting.use(receive);
  const link = receive?.link ?? connectToReceiver(deps, starting);
  await startOthers(deps, { ...base, directory, link }, starting);
  receive?.open();
  log.info({ roles, addresses: receive?.addresses, recovered: receive?.recovered }, 'ready');

  const running = starting.move();
  return {
    renewCertificate: () => renewCertificate(deps, receive),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function giveUpRoot({ user }: Settings, log: Log): void {
  const program = import.meta.dirname;
  if (staysRoot(user, program)) {
    const text = 'stays root: its user cannot read the program there; move it, to /opt for example';
    log.warn({ program, user }, text);
    return;
  }
  dropPrivileges({ user });
}

interface Bound {
  readonly doors: BoundDoors;
  readonly tls: CertificatePair;
}

/** What needs the rights of root: ports below 1024, and a private key that only root may read. */
async function bindAsRoot(deps: ServerDeps, starting: AsyncDisposableStack): Promise<Bound> {
  const { settings, log } = deps;
  const tls = await readPair(deps, 'serve');
  return { doors: starting.use(await bindDoors({ settings, log })), tls };
}

async function readPair({ settings, log }: ServerDeps, expired: 'serve' | 'refuse') {
  const { data, hostname, certificate: given } = settings;
  const files = await ensureCertificate({ folder: join(data, 'certificate'), hostname, given, log });
  return await readCertificate(files, { now: clock.now(), expired, log });
}

async function openBase(deps: ServerDeps, starting: AsyncDisposableStack): Promise<RoleDeps> {
  const { settings, roles, log, version, crashPoint } = deps;
  const facts = starting.use(watchProcess());
  const startedAt = clock.now();
  const trace: Trace = starting.use(
    await createTrace({
      folder: join(settings.data, 'log'),
      writer: writerOf(roles),
      timezone: settings.timezone,
      clock,
      log,
    }),
  );
  const process = () => ({
    roles: roles.join(','),
    pid: globalThis.process.pid,
    startedAt,
    ...facts.facts(),
    lostEvents: trace.lost,
  });
  return { settings, version, trace, process, crashPoint, clock, log };
}

function connectToReceiver(
  { settings, roles, version, log }: ServerDeps,
  starting: AsyncDisposableStack,
): { readonly work: WorkLink; readonly control: ControlLink } {
  return starting.use(connectLink({ endpoint: settings.services.link, version, roles, clock, log }));
}

async function startOthers(
  { roles, log }: ServerDeps,
  base: RoleDeps & {
    readonly directory: Directory | null;
    readonly link: { readonly work: WorkLink; readonly control: ControlLink };
  },
  starting: AsyncDisposableStack,
): Promise<void> {
  const { directory, link, trace } = base;
  if (!roles.includes('work') && !roles.includes('api')) return;
  const quarantine = await openQuarantine(base, starting);
  if (roles.includes('work')) starting.use(await startWork({ ...base, link: link.work, quarantine }));
  if (!roles.includes('api') || !directory) return;
  starting.use(atOnceAndEvery(EXPIRE_MS, () => expire(quarantine, trace), log));
  starting.use(await startApi({ ...base, control: link.control, directory, quarantine }));
}

/** One in a process: two that write would wait for each other. One that is away is no reason not to start. */
async function openDirectory({ settings, log }: ServerDeps): Promise<Directory> {
  const open = async (): Promise<Directory> => {
    const database = await openDirectoryDatabase(settings.database.directory);
    return await createDirectory({ database, grades: settings.directory.grades, clock, log });
  };
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    return createLateDirectory({ open, problem: error.message, clock, log });
  }
}

async function openQuarantine(
  { settings, log }: Pick<RoleDeps, 'settings' | 'log'>,
  starting: AsyncDisposableStack,
) {
  const folder = join(settings.data, 'quarantine');
  return starting.use(await createQuarantine({ folder, settings: settings.quarantine, clock, log }));
}

async function expire(quarantine: Quarantine, trace: Trace): Promise<void> {
  for (const { envelope, recipients } of await quarantine.expire()) {
    trace.record({ kind: 'purged', id: envelope.id, recipients, by: null });
  }
}

async function renewCertificate(deps: ServerDeps, receive: ReceiveRole | null): Promise<void> {
  if (!receive) return;
  try {
    const { serial, ...pair } = await readPair(deps, 'refuse');
    receive.renewCertificate(pair);
    deps.log.info({ serial }, 'certificate read again');
  } catch (error) {
    const facts = error instanceof Problem ? { error: error.message } : { err: error };
    deps.log.error(facts, 'the certificate stays as it was');
  }
}

function atOnceAndEvery(ms: number, work: () => Promise<unknown>, log: Log): Disposable {
  const attempt = (): void => {
    void work().catch((error: unknown) => log.error({ err: error }, 'a regular task failed'));
  };
  attempt();
  const timer = setInterval(attempt, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
