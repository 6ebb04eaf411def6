/** Private clamd: viruses (config/stack/clamd.conf), with the machine's signatures when there are any. */
import { createHash } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Limits, ScanSettings } from '../config/settings.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import { Problem } from '../lib/problem.ts';
import type { SystemUser } from '../lib/system-users.ts';
import type { ChildSpec } from './child.ts';
import { prepareEndpoint, removeSocketOf, runAs, type StackContext, serviceFolder } from './context.ts';
import { isRoomyTmpfs, makeFolder, removeFolder } from './folders.ts';
import { findProgram } from './listen.ts';
import { ask } from './probe.ts';
import { type Block, readTemplate, renderTo, type Values } from './render.ts';

const machineSignatures = '/var/lib/clamav';
/** clamd takes no larger file, and no larger number. */
const largestFileBytes = 2 ** 31 - 3;
const largestNumber = 2 ** 32 - 1;
/** A small message may hold an archive that unpacks to much more: no lower limits than for messages of this size. */
const usualMessageBytes = 20 * 1024 * 1024;
const sharedMemory = '/dev/shm';
/** Less than this and one large archive could fill it: a container's /dev/shm often has 64 MB. */
const scanRoomBytes = 512 * 1024 * 1024;

export async function clamdSpec(context: StackContext): Promise<ChildSpec> {
  const command = await findProgram('clamd');
  const user = context.users.serviceUser('clamav');
  const endpoint = await prepareEndpoint(context, 'clamd', user);
  const folder = await serviceFolder(context, 'clamd', user);
  const signatures = await chooseSignatures(context, folder, user);
  const scanFolder = await chooseScanFolder(context, folder);
  const config = await renderTo(context.configFolder, 'clamd.conf', {
    listen: listenLines(endpoint),
    signatures: signatures.folder,
    scanFolder,
    threads: Math.min(10, Math.max(4, 2 * availableParallelism())),
    ...clamdLimits(context.settings),
  });
  const remove = async (): Promise<void> => {
    await removeSocketOf(endpoint);
    removeFolder(scanFolder);
  };
  return {
    name: 'clamd',
    command,
    args: ['-c', config],
    env: null,
    cwd: folder,
    user: runAs(context, user),
    stopMs: 10_000,
    // The full signatures take ten to sixty seconds to load.
    readyMs: 300_000,
    note: signatures.note,
    prepare: async () => {
      await makeFolder(scanFolder, { mode: 0o700, owner: user });
      await remove();
      await makeFolder(scanFolder, { mode: 0o700, owner: user });
    },
    cleanup: remove,
    isReady: async (signal) => (await ask(endpoint, 'zPING\0', signal)) === 'PONG\0',
  };
}

/**
 * Above what the doors take, and sooner than the server gives up: past its own limits clamd says that it could not
 * look into a message, while a cut connection or no answer at all would make the message wait.
 */
export function clamdLimits(settings: {
  readonly limits: Pick<Limits, 'messageBytes'>;
  readonly scan: Pick<ScanSettings, 'timeoutMs'>;
}): Values {
  const messageBytes = Math.max(settings.limits.messageBytes, usualMessageBytes);
  return {
    streamBytes: Math.min(Math.ceil(1.5 * messageBytes), largestNumber),
    fileBytes: Math.min(3 * messageBytes, largestFileBytes),
    scanBytes: Math.min(8 * messageBytes, largestNumber),
    // 0 would be no limit.
    scanMs: Math.max(1, Math.floor(settings.scan.timeoutMs / 2)),
  };
}

interface Signatures {
  readonly folder: string;
  readonly note: string | null;
}

async function chooseSignatures(
  context: StackContext,
  folder: string,
  user: SystemUser,
): Promise<Signatures> {
  const set = context.settings.stack.signatures;
  if (set !== null) {
    if (await holdsSignatures(set)) return { folder: set, note: null };
    throw new Problem(
      `stack.signatures: ${set} holds no virus signatures; run freshclam or leave the key out`,
    );
  }
  if (await holdsSignatures(machineSignatures)) return { folder: machineSignatures, note: null };
  const own = await makeFolder(join(folder, 'signatures'), { mode: 0o755, owner: user });
  const file = join(own, 'eicar.ndb');
  // The folder is clamd's own: a link in the file's place would be written through.
  await rm(file, { force: true });
  await writeFile(file, await readTemplate('eicar.ndb'), { mode: 0o644, flag: 'wx' });
  const note = `only the test virus is known: ${machineSignatures} holds no signatures; run freshclam, then restart`;
  context.log.warn({ part: 'clamd' }, `NO VIRUS PROTECTION: ${note}`);
  return { folder: own, note };
}

async function holdsSignatures(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => /\.(cvd|cld|cud|ndb|ldb|hdb|hsb|mdb|msb|db|cdb|yar|yara)$/.test(name));
}

/** A folder of this stack's own, emptied at each start. */
async function chooseScanFolder(context: StackContext, folder: string): Promise<string> {
  const { data, stack } = context.settings;
  const name = `geganti-scan-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
  if (stack.scanFolder !== null) return join(stack.scanFolder, name);
  return (await isRoomyTmpfs(sharedMemory, scanRoomBytes)) ? join(sharedMemory, name) : join(folder, name);
}

function listenLines(endpoint: Endpoint): Block {
  return endpoint.kind === 'unix'
    ? { lines: [`LocalSocket ${endpoint.path}`, 'LocalSocketMode 660', 'FixStaleSocket yes'] }
    : { lines: [`TCPAddr ${endpoint.host}`, `TCPSocket ${endpoint.port}`] };
}
