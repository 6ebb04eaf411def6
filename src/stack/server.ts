/**
 * The server's own processes under `geganti up`: the receiver, and one that scans, delivers and serves the command; or one
 * that does all.
 *
 * The receiver starts first and stops last. A worker that stops still has notes to leave at the receiver, and needs no
 * more than that it is there. Mail that comes in between the two is accepted and scanned after the next start, as
 * with any worker that is away: clients are answered to the end, and nothing is lost or delivered unscanned.
 */
import type { Settings } from '../config/settings.ts';
import { canConnect } from '../lib/can-connect.ts';
import { staysRoot } from '../lib/privileges.ts';
import { publishedCertificate } from './certificate.ts';
import type { ChildSpec } from './child.ts';
import { askHttp } from './probe.ts';

export interface ServerProgram {
  readonly settings: Pick<Settings, 'data' | 'services' | 'stack' | 'user'>;
  readonly server: { readonly command: string; readonly args: readonly string[]; readonly cwd: string };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** In the order of their start. */
export function serverSpecs(program: ServerProgram): ChildSpec[] {
  const { api, link } = program.settings.services;
  const apiAnswers = async (signal: AbortSignal): Promise<boolean> =>
    (await askHttp(api, '/health/live', signal)) !== null;
  if (program.settings.stack.processes === 1) return [serverSpec(program, 'geganti', null, apiAnswers)];
  return [
    serverSpec(program, 'receive', 'receive', () => canConnect(link)),
    serverSpec(program, 'work', 'work,api', apiAnswers),
  ];
}

/** `roles` null: all. */
function serverSpec(
  { settings, server, env }: ServerProgram,
  name: string,
  roles: string | null,
  isReady: ChildSpec['isReady'],
): ChildSpec {
  const { cert, key } = publishedCertificate(settings.data);
  return {
    name,
    command: server.command,
    args: roles === null ? server.args : [...server.args, '--roles', roles],
    cwd: server.cwd,
    env: { ...env, GEGANTI_CERTIFICATE_CERT: cert, GEGANTI_CERTIFICATE_KEY: key },
    // It gives up root itself, once its ports are bound.
    user: null,
    // Sessions in the middle of a message have 25 s to end.
    stopMs: 40_000,
    // It reads its spool back first: seconds for a hundred thousand messages, and nobody may give it up over more.
    readyMs: 900_000,
    note: stayingRoot(settings.user),
    reloads: true,
    refuses: { code: 1, prefix: 'geganti: ' },
    isReady,
  };
}

/** What an operator should know of a clone below /root. */
function stayingRoot(user: string): string | null {
  if (!staysRoot(user, import.meta.dirname)) return null;
  return `runs as root: the user ${user} cannot read the program where it lies; move it, to /opt for example`;
}
