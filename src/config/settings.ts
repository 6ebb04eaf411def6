/**
 * The settings as the program sees them: validated, complete, in milliseconds and octets. `config/geganti.yaml`
 * documents every key for people; `load.ts` reads file and environment. null means "off" or "not set".
 */
import type { Endpoint, UnixSocket } from '../lib/endpoint.ts';
import type { LogLevel } from '../lib/log.ts';
import type { ContentPolicy, StorageList } from '../rules/content-policy.ts';

export interface Settings {
  /** Our name in banners, Received lines and bounces: "mail.moh.example". */
  readonly hostname: string;
  /** Absolute path of the folder for all data. */
  readonly data: string;
  /** IANA name, for texts that people read. */
  readonly timezone: string;
  readonly logLevel: LogLevel;
  /** Whom the server becomes when it was started as root, once its ports are bound. */
  readonly user: string;
  readonly doors: {
    readonly mx: DoorSettings;
    readonly submission: DoorSettings;
    readonly submissions: DoorSettings;
  };
  /** PEM files; null: a self-signed pair is made under `data`. */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
  readonly limits: Limits;
  readonly spool: SpoolSettings;
  readonly scan: ScanSettings;
  readonly policy: ContentPolicySettings;
  readonly deliver: DeliverSettings;
  readonly quarantine: QuarantineSettings;
  readonly directory: { readonly grades: GradeTables };
  /** Lines and rows of the delivery log are kept for so long. */
  readonly log: { readonly keepMs: number };
  readonly database: { readonly directory: DatabasePlace; readonly trace: DatabasePlace };
  /** Besides the Unix socket of `services.api`: TCP on loopback, with tokens. */
  readonly api: { readonly listen: Endpoint | null };
  readonly services: Services;
  readonly stack: StackSettings;
  /** For measuring only: everything is accepted, nothing is scanned, nothing is delivered. */
  readonly discard: boolean;
}

export type DatabasePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  /** "postgresql://user:password@host:port/name": may hold a secret. */
  | { readonly kind: 'postgresql'; readonly url: string };

export interface DoorSettings {
  readonly enabled: boolean;
  /** Addresses to listen on; several for IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** 0: a free one (tests). */
  readonly port: number;
  /** How long the answer to DATA may wait for the scanners' verdict. */
  readonly verdictWaitMs: number;
  readonly maxRecipients: number;
  readonly maxConnectionsPerAddress: number;
}

export interface Limits {
  readonly messageBytes: number;
  readonly headerBytes: number;
  readonly headerLines: number;
  readonly lineBytes: number;
  readonly receivedLines: number;
  readonly commandBytes: number;
  readonly authCommandBytes: number;
  readonly connections: number;
  readonly handshakeMs: number;
  readonly idleMs: number;
  readonly commandMs: number;
  readonly dataMs: number;
  readonly dataBytesPerSecond: number;
  readonly sessionMs: number;
  readonly messagesPerSession: number;
  readonly softErrors: number;
  readonly hardErrors: number;
  readonly junkCommands: number;
  /** Failed AUTHs: per session, then per address and per user name within `authWindowMs`. */
  readonly authFailuresPerSession: number;
  readonly authFailuresPerAddress: number;
  readonly authFailuresPerUser: number;
  readonly authWindowMs: number;
}

export interface SpoolSettings {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** Up to this size a message is collected in memory and goes into a segment. */
  readonly smallMessageBytes: number;
  /** All messages being collected together. */
  readonly memoryBytes: number;
  readonly minFreePercent: number;
}

export interface ScanSettings {
  readonly concurrency: number;
  /** From which score a message looks like spam, and from which it is spam; null: as the spam filter's own settings say. */
  readonly junkScore: number | null;
  readonly spamScore: number | null;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

/** The rules for the content of mail, and the bounds within which attachments are opened. */
export interface ContentPolicySettings extends ContentPolicy {
  readonly storage: StorageList & {
    /** Absolute path of the file that it was read from. */
    readonly file: string;
  };
  /** For all attachments of one message together. */
  readonly openTimeoutMs: number;
  readonly openMemoryBytes: number;
}

export interface DeliverSettings {
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Waits between attempts; the last one repeats until `expireMs` after acceptance. */
  readonly retryMs: readonly number[];
  readonly expireMs: number;
}

export interface QuarantineSettings {
  readonly keepMs: number;
  readonly keepUndeliverableMs: number;
  /** When recipients are told each day what was kept from them, in `timezone`; null: never. */
  readonly digestAt: TimeOfDay | null;
}

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** One row: grades up to `upTo` have `quotaBytes`; the last row has no `upTo`. */
export interface GradeStep {
  readonly upTo: number | null;
  readonly quotaBytes: number;
}

export interface GradeTables {
  readonly classic: readonly GradeStep[];
  readonly sspa: readonly GradeStep[];
  /** JUSA, VK, VU, Turus: in both schemes. */
  readonly topBytes: number;
}

export interface Services {
  readonly redis: Endpoint;
  readonly clamd: Endpoint;
  readonly rspamd: Endpoint;
  readonly lmtp: Endpoint;
  /** The HTTP interface of our own server, for the geganti command. */
  readonly api: UnixSocket;
  /** The receiver's socket, where workers and the API of other processes reach it. */
  readonly link: UnixSocket;
}

/** What `geganti up` runs beside the server. */
export interface StackSettings {
  /** 2: the receiver in one process, worker and API in another. 1: all in one. */
  readonly processes: number;
  /** Where Dovecot serves mailboxes. Port 0: a free one (tests). */
  readonly imap: { readonly addresses: readonly string[]; readonly port: number; readonly tlsPort: number };
  /** clamd's temporary folder; null: a folder on tmpfs where there is one. */
  readonly scanFolder: string | null;
  /** Folder of virus signatures; null: the machine's (/var/lib/clamav) when there are any, else the test signature. */
  readonly signatures: string | null;
  /** Where rspamd keeps its compiled expressions between starts; null: under `data`. */
  readonly hyperscanCache: string | null;
  /** Networks that rspamd takes as internal (no SPF, DKIM, DMARC checks): CIDR. */
  readonly localNetworks: readonly string[];
  /** Name servers for rspamd's checks, "host:port"; empty: the system's. */
  readonly nameServers: readonly string[];
}
