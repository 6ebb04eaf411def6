/**
 * The program's own log (not the delivery log, which is `trace/`): pino, one JSON line a record, to
 * stdout or a file. The only importer of pino. Secrets are redacted here and nowhere else.
 *
 * In the facts, `error` is the text of a failure that is foreseen (`messageOf`); `err` is the error itself, written with
 * its stack, for what should not happen.
 */
import { pino } from 'pino';

export interface Log {
  debug(facts: object, text: string): void;
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
  error(facts: object, text: string): void;
  child(facts: object): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const STDOUT = 1;
/** Lines that cannot be written wait up to this; more are dropped. */
const KEPT_CHARACTERS = 1_048_576;

export interface ProgramLog extends Log {
  /** Of this log and its children. */
  setLevel(level: LogLevel): void;
}

/** Facts of these names are never written, whoever hands them in: at the top, and one level down. */
const SECRETS = ['password', 'passwordHash', 'token', 'secret', 'authorization'];

/** `file` null: standard output. */
export function createLog(options: { level: LogLevel; file: string | null }): ProgramLog {
  const redact = { paths: SECRETS.flatMap((name) => [name, `*.${name}`]) };
  const settings = {
    level: options.level,
    redact,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  const destination = pino.destination({
    dest: options.file ?? STDOUT,
    mkdir: true,
    sync: true,
    maxLength: KEPT_CHARACTERS,
  });
  // A disk that is full costs lines of this log, not the server.
  destination.on('error', () => {});
  const log = pino(settings, destination);
  return Object.assign(log, {
    setLevel(level: LogLevel) {
      log.level = level;
    },
  });
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
