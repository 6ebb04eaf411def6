/**
 * The program's own log (not the delivery log, which is `trace/`): pino, one JSON line a record, to
 * stdout or a file. The only importer of pino. Secrets are redacted here and nowhere else.
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

/** `file` null: standard output. */
export function createLog(options: { level: LogLevel; file: string | null }): Log {
  const redact = { paths: ['password', '*.password', 'token', '*.token', 'passwordHash', '*.passwordHash'] };
  const settings = {
    level: options.level,
    redact,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (options.file === null) return pino(settings);
  return pino(settings, pino.destination({ dest: options.file, mkdir: true, sync: true }));
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
