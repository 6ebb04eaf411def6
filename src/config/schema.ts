/**
 * The form of `config/geganti.yaml`: every key with its reader and its default, written as people write it. The
 * only importer of zod. Names here are those of the file (`limits.message: 20 MB`); `build.ts` turns them into the
 * typed names with units. A default of null is filled there from the machine or from `data`.
 */
import { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import { byReason, DEFAULT_MODES } from '../rules/catalogue.ts';
import { gradeTable } from './grade-table.ts';
import { DANGEROUS_NAMES, fileEnding, ruleModes, shownModes } from './policy-readers.ts';
import * as read from './readers.ts';

/** A door needs these; its port, recipients and connections differ. */
function door(port: number, maxRecipients: number, maxConnectionsPerAddress: number) {
  return section({
    enabled: leaf(read.flag, true),
    addresses: leaf(read.optional(read.list(read.ipAddress, 1)), null),
    port: leaf(read.port, port),
    verdictWait: leaf(read.durationOrZero, '10 s'),
    maxRecipients: leaf(read.integer(1, 100_000), maxRecipients),
    maxConnectionsPerAddress: leaf(read.integer(1, 100_000), maxConnectionsPerAddress),
  });
}

const count = read.integer(1, 1_000_000);

const limits = section({
  message: leaf(read.size({ min: 1024, max: 2 ** 31 - 1 }), '20 MB'),
  header: leaf(read.size({ min: 1024 }), '100 kB'),
  headerLines: leaf(count, 1000),
  line: leaf(read.size({ min: 1000 }), '100000 B'),
  receivedLines: leaf(count, 100),
  commandLine: leaf(read.size({ min: 512 }), '2 kB'),
  authLine: leaf(read.size({ min: 512 }), '12 kB'),
  connections: leaf(count, 1000),
  handshake: leaf(read.duration, '30 s'),
  idle: leaf(read.duration, '120 s'),
  command: leaf(read.duration, '60 s'),
  data: leaf(read.duration, '10 m'),
  dataRate: leaf(read.rate, '500 B/s'),
  session: leaf(read.duration, '30 m'),
  messagesPerSession: leaf(count, 100),
  softErrors: leaf(count, 10),
  hardErrors: leaf(count, 20),
  junkCommands: leaf(count, 100),
  authFailuresPerSession: leaf(count, 3),
  authFailuresPerAddress: leaf(count, 20),
  authFailuresPerUser: leaf(count, 10),
  authWindow: leaf(read.duration, '15 m'),
});

const fileSchema = section({
  hostname: leaf(read.optional(read.hostName), null),
  data: leaf(read.optional(read.absolutePath), null),
  timezone: leaf(read.timeZone, 'Asia/Kuala_Lumpur'),
  logLevel: leaf(read.oneOf('debug', 'info', 'warn', 'error', 'silent'), 'info'),
  user: leaf(read.systemUser, 'geganti'),
  doors: section({
    mx: door(2525, 100, 20),
    submission: door(2587, 1000, 50),
    submissions: door(2465, 1000, 50),
  }),
  certificate: section({
    cert: leaf(read.optional(read.absolutePath), null),
    key: leaf(read.optional(read.absolutePath), null),
  }),
  limits,
  spool: section({
    // A start reads a segment in one piece, which Node can up to 2 GB; the last message may go past the maximum.
    segment: leaf(read.size({ min: 1024 ** 2, max: 1024 ** 3 }), '64 MB'),
    segmentAge: leaf(read.duration, '5 s'),
    smallMessage: leaf(read.size({ max: 16 * 1024 ** 2 }), '256 kB'),
    memory: leaf(read.size({ min: 1024 ** 2 }), '128 MB'),
    minFree: leaf(read.percent, '10 %'),
  }),
  scan: section({
    concurrency: leaf(read.integer(1, 64), 4),
    junkScore: leaf(read.optional(read.integer(1, 1_000)), null),
    spamScore: leaf(read.optional(read.integer(1, 1_000)), null),
    timeout: leaf(read.duration, '60 s'),
    retry: leaf(read.duration, '5 s'),
    maxRetry: leaf(read.duration, '5 m'),
  }),
  policy: section({
    // PTPA 3/2017 L1 §10(iv)
    attachments: leaf(read.size({ max: 2 ** 31 - 1 }), '10 MB'),
    rules: section(byReason((reason) => leaf(ruleModes(reason), shownModes(DEFAULT_MODES[reason])))),
    dangerousNames: leaf(read.list(fileEnding), DANGEROUS_NAMES),
    storageList: leaf(read.optional(read.absolutePath), null),
    openTimeout: leaf(read.duration, '10 s'),
    openMemory: leaf(read.size({ min: 64 * 1024 ** 2, max: 4 * 1024 ** 3 }), '256 MB'),
  }),
  deliver: section({
    concurrency: leaf(read.integer(1, 64), 4),
    timeout: leaf(read.duration, '60 s'),
    retry: leaf(read.list(read.duration, 1), ['1 m', '2 m', '5 m', '10 m', '20 m', '40 m', '1 h']),
    expire: leaf(read.keepTime, '5 d'),
  }),
  quarantine: section({
    keep: leaf(read.keepTime, '30 d'),
    keepUndeliverable: leaf(read.keepTime, '14 d'),
    digestAt: leaf(read.timeOfDay, '07:30'),
  }),
  directory: section({
    grades: section({
      // PTPA 3/2017 L1 §10(iii)
      classic: leaf(gradeTable, { 40: '500 MB', 47: '1 GB', 53: '2 GB', above: '4 GB' }),
      sspa: leaf(gradeTable, { 8: '500 MB', 11: '1 GB', 13: '2 GB', above: '4 GB' }),
      top: leaf(read.size(), '4 GB'),
    }),
  }),
  log: section({
    keep: leaf(read.keepTime, '90 d'),
  }),
  database: section({
    directory: leaf(read.optional(read.databaseUrl), null),
    trace: leaf(read.optional(read.databaseUrl), null),
  }),
  api: section({
    listen: leaf(read.optional(read.loopback), null),
  }),
  services: section({
    redis: leaf(read.optional(read.endpoint), null),
    clamd: leaf(read.optional(read.endpoint), null),
    rspamd: leaf(read.optional(read.endpoint), null),
    lmtp: leaf(read.optional(read.endpoint), null),
    api: leaf(read.optional(read.unixSocket), null),
    link: leaf(read.optional(read.unixSocket), null),
  }),
  stack: section({
    processes: leaf(read.integer(1, 2), 2),
    imap: section({
      addresses: leaf(read.optional(read.list(read.ipAddress, 1)), null),
      port: leaf(read.port, 2143),
      tlsPort: leaf(read.port, 2993),
    }),
    scanFolder: leaf(read.optional(read.absolutePath), null),
    signatures: leaf(read.optional(read.absolutePath), null),
    hyperscanCache: leaf(read.optional(read.absolutePath), null),
    localNetworks: leaf(read.list(read.network), ['127.0.0.0/8', '::1']),
    nameServers: leaf(read.list(read.nameServer), []),
  }),
  discard: leaf(read.flag, false),
});

export type SettingsFile = z.output<typeof fileSchema>;

/** What is wrong with the value at `path`: `"20 XB" is not a size; …`. */
export interface Fault {
  readonly path: string;
  readonly text: string;
}

/** Every key that has a value, as a dotted path, in the order of the file, with its default as people write it. */
export const settingDefaults: ReadonlyMap<string, unknown> = new Map(leavesOf(fileSchema, ''));
export const settingPaths: readonly string[] = [...settingDefaults.keys()];

/** Checks a tree of plain values; all faults, or the values in typed form. */
export function checkTree(
  tree: unknown,
): { kind: 'checked'; file: SettingsFile } | { kind: 'faulty'; faults: Fault[] } {
  const result = fileSchema.safeParse(tree);
  if (result.success) return { kind: 'checked', file: result.data };
  return { kind: 'faulty', faults: result.error.issues.flatMap((issue) => faultsOf(issue, tree)) };
}

function faultsOf(issue: z.core.$ZodIssue, tree: unknown): Fault[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  if (issue.code === 'custom') return [{ path, text: issue.message }];
  const given = issue.path.reduce<unknown>((node, key) => Reflect.get(Object(node), key), tree);
  return [
    { path, text: `${read.show(given)} is not a group of settings; write its keys below it, indented` },
  ];
}

function unknownKey(parent: string, key: string): Fault {
  const path = parent === '' ? key : `${parent}.${key}`;
  const prefix = parent === '' ? '' : `${parent}.`;
  const siblings = settingPaths
    .filter((known) => known.startsWith(prefix))
    .map((known) => known.slice(prefix.length).split('.')[0] ?? known);
  const close = nearest(key, siblings, Math.max(2, Math.floor(key.length / 2)));
  const known = close !== null ? `${prefix}${close}` : nearest(path, settingPaths, Number.POSITIVE_INFINITY);
  return { path, text: `is not a setting; the nearest one is ${known}` };
}

/** A group of keys; left out altogether, all of them have their defaults. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  // `never`: for the compiler {} is no input of every shape; each key of ours has a default, so it is.
  return z.strictObject(shape).prefault({} as never);
}

function leaf<T>(reader: read.Reader<T>, fallback: unknown) {
  return z
    .unknown()
    .transform((given, context): T => {
      const reading = reader(given);
      if (reading.kind === 'value') return reading.value;
      const shown = reading.secret ? '***' : read.show(given);
      context.addIssue({ code: 'custom', message: `${shown} ${reading.why}` });
      return z.NEVER;
    })
    .prefault(fallback);
}

function leavesOf(schema: unknown, prefix: string): [string, unknown][] {
  if (!(schema instanceof z.ZodPrefault)) throw new Error(`${prefix}: a key without a default`);
  const inner = schema.unwrap();
  if (!(inner instanceof z.ZodObject)) return [[prefix, schema.def.defaultValue]];
  return Object.entries(inner.shape).flatMap(([key, member]) =>
    leavesOf(member, prefix === '' ? key : `${prefix}.${key}`),
  );
}
