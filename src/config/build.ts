/**
 * From the checked values of the file to `Settings`: names with units, and the defaults that depend on the machine
 * or on `data`. `crossCheck` finds what is wrong only in company.
 */
import { join } from 'node:path';
import { type Endpoint, formatEndpoint, MAX_SOCKET_PATH_BYTES, type UnixSocket } from '../lib/endpoint.ts';
import { isHostName } from './readers.ts';
import type { Fault, SettingsFile } from './schema.ts';
import type { ContentPolicySettings, DatabasePlace, DoorSettings, Limits, Settings } from './settings.ts';

/** What the defaults are made from where the settings say nothing. */
export interface Machine {
  /** As the operating system gives it; taken when it is a full host name. */
  readonly hostname: string;
  readonly isRoot: boolean;
  readonly projectFolder: string;
  readonly hasIpv6: boolean;
}

export function buildSettings(
  file: SettingsFile,
  machine: Machine,
  storage: ContentPolicySettings['storage'],
): Settings {
  const data = file.data ?? (machine.isRoot ? '/var/lib/geganti' : join(machine.projectFolder, 'var'));
  const loopback = machine.hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  const socket = (path: string): UnixSocket => ({ kind: 'unix', path: join(data, 'run', path) });
  const { cert, key } = file.certificate;
  return {
    hostname: file.hostname ?? ownName(machine.hostname),
    data,
    timezone: file.timezone,
    logLevel: file.logLevel,
    user: file.user,
    doors: {
      mx: doorOf(file.doors.mx, loopback),
      submission: doorOf(file.doors.submission, loopback),
      submissions: doorOf(file.doors.submissions, loopback),
    },
    certificate: cert !== null && key !== null ? { cert, key } : null,
    limits: limitsOf(file.limits),
    spool: {
      segmentBytes: file.spool.segment,
      segmentMs: file.spool.segmentAge,
      smallMessageBytes: file.spool.smallMessage,
      memoryBytes: file.spool.memory,
      minFreePercent: file.spool.minFree,
    },
    scan: {
      concurrency: file.scan.concurrency,
      junkScore: file.scan.junkScore,
      spamScore: file.scan.spamScore,
      timeoutMs: file.scan.timeout,
      retryMs: file.scan.retry,
      maxRetryMs: file.scan.maxRetry,
    },
    policy: {
      modes: file.policy.rules,
      attachmentBytes: file.policy.attachments,
      dangerousNames: file.policy.dangerousNames,
      storage,
      openTimeoutMs: file.policy.openTimeout,
      openMemoryBytes: file.policy.openMemory,
    },
    deliver: {
      concurrency: file.deliver.concurrency,
      timeoutMs: file.deliver.timeout,
      retryMs: file.deliver.retry,
      expireMs: file.deliver.expire,
    },
    quarantine: {
      keepMs: file.quarantine.keep,
      keepUndeliverableMs: file.quarantine.keepUndeliverable,
      digestAt: file.quarantine.digestAt,
    },
    directory: {
      grades: {
        classic: file.directory.grades.classic,
        sspa: file.directory.grades.sspa,
        topBytes: file.directory.grades.top,
      },
    },
    log: { keepMs: file.log.keep },
    database: {
      directory: databaseOf(file.database.directory, join(data, 'directory', 'directory.db')),
      trace: databaseOf(file.database.trace, join(data, 'trace', 'trace.db')),
    },
    api: { listen: file.api.listen },
    services: {
      redis: file.services.redis ?? socket('redis/redis.sock'),
      clamd: file.services.clamd ?? socket('clamd/clamd.sock'),
      rspamd: file.services.rspamd ?? socket('rspamd/rspamd.sock'),
      lmtp: file.services.lmtp ?? socket('dovecot/lmtp.sock'),
      api: file.services.api ?? socket('api.sock'),
      link: file.services.link ?? socket('receive.sock'),
    },
    stack: {
      ...file.stack,
      imap: { ...file.stack.imap, addresses: file.stack.imap.addresses ?? loopback },
    },
    discard: file.discard,
  };
}

function databaseOf(url: string | null, file: string): DatabasePlace {
  return url === null ? { kind: 'sqlite', file } : { kind: 'postgresql', url };
}

function ownName(hostname: string): string {
  const name = hostname.toLowerCase();
  return isHostName(name) ? name : 'mail.localhost';
}

function doorOf(door: SettingsFile['doors']['mx'], loopback: readonly string[]): DoorSettings {
  return {
    enabled: door.enabled,
    addresses: door.addresses ?? loopback,
    port: door.port,
    verdictWaitMs: door.verdictWait,
    maxRecipients: door.maxRecipients,
    maxConnectionsPerAddress: door.maxConnectionsPerAddress,
  };
}

function limitsOf(limits: SettingsFile['limits']): Limits {
  return {
    messageBytes: limits.message,
    headerBytes: limits.header,
    headerLines: limits.headerLines,
    lineBytes: limits.line,
    receivedLines: limits.receivedLines,
    commandBytes: limits.commandLine,
    authCommandBytes: limits.authLine,
    connections: limits.connections,
    handshakeMs: limits.handshake,
    idleMs: limits.idle,
    commandMs: limits.command,
    dataMs: limits.data,
    dataBytesPerSecond: limits.dataRate,
    sessionMs: limits.session,
    messagesPerSession: limits.messagesPerSession,
    softErrors: limits.softErrors,
    hardErrors: limits.hardErrors,
    junkCommands: limits.junkCommands,
    authFailuresPerSession: limits.authFailuresPerSession,
    authFailuresPerAddress: limits.authFailuresPerAddress,
    authFailuresPerUser: limits.authFailuresPerUser,
    authWindowMs: limits.authWindow,
  };
}

/** Values that are right alone and wrong together. */
export function crossCheck(file: SettingsFile, settings: Settings): Fault[] {
  const faults: Fault[] = [];
  const fault = (path: string, text: string): void => void faults.push({ path, text });
  if ((file.certificate.cert === null) !== (file.certificate.key === null)) {
    fault('certificate', 'has only one of cert and key; set both, or neither for a self-signed pair');
  }
  if (settings.spool.smallMessageBytes > settings.spool.segmentBytes) {
    fault('spool.smallMessage', 'is larger than spool.segment; make it smaller');
  }
  if (settings.limits.softErrors > settings.limits.hardErrors) {
    fault('limits.softErrors', 'is larger than limits.hardErrors; make it smaller');
  }
  if (settings.scan.retryMs > settings.scan.maxRetryMs) {
    fault('scan.retry', 'is longer than scan.maxRetry; make it shorter');
  }
  const { junkScore, spamScore } = file.scan;
  if (junkScore !== null && spamScore !== null && junkScore > spamScore) {
    fault('scan.junkScore', 'is higher than scan.spamScore; make it lower');
  }
  for (const [path, other, port] of samePorts(settings)) fault(path, `${port} is also ${other}; change one`);
  faults.push(...socketFaults(file, settings));
  return faults;
}

function samePorts(settings: Settings): [string, string, number][] {
  const { mx, submission, submissions } = settings.doors;
  const { addresses, port, tlsPort } = settings.stack.imap;
  const listening: [string, readonly string[], number][] = [
    ['doors.mx.port', mx.enabled ? mx.addresses : [], mx.port],
    ['doors.submission.port', submission.enabled ? submission.addresses : [], submission.port],
    ['doors.submissions.port', submissions.enabled ? submissions.addresses : [], submissions.port],
    ...apiPort(settings.api.listen),
    ['stack.imap.port', addresses, port],
    ['stack.imap.tlsPort', addresses, tlsPort],
  ];
  return listening.flatMap(([path, places, number], index) => {
    const earlier = listening
      .slice(0, index)
      .find(([, others, taken]) => number !== 0 && taken === number && overlap(places, others));
    return earlier ? [[path, earlier[0], number] satisfies [string, string, number]] : [];
  });
}

function apiPort(listen: Endpoint | null): [string, readonly string[], number][] {
  return listen?.kind === 'tcp' ? [['api.listen', [listen.host], listen.port]] : [];
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  if (some.length === 0 || others.length === 0) return false;
  const all = (list: readonly string[]): boolean => list.includes('0.0.0.0') || list.includes('::');
  return all(some) || all(others) || some.some((address) => others.includes(address));
}

/** A path that is too long would fail with a bare EINVAL much later. Where it follows from `data`, that is to blame, once. */
function socketFaults(file: SettingsFile, settings: Settings): Fault[] {
  const limit = `a socket's path takes ${MAX_SOCKET_PATH_BYTES} octets`;
  const faults = new Map<string, Fault>();
  for (const [name, endpoint] of Object.entries(settings.services)) {
    if (endpoint.kind !== 'unix' || Buffer.byteLength(endpoint.path) <= MAX_SOCKET_PATH_BYTES) continue;
    const own = Reflect.get(file.services, name) !== null;
    const path = own ? `services.${name}` : 'data';
    const text = own
      ? `${formatEndpoint(endpoint)} is too long: ${limit}; shorten it`
      : `"${settings.data}" is too long: sockets lie below it, and ${limit}; choose a shorter folder`;
    faults.set(path, { path, text });
  }
  return [...faults.values()];
}
