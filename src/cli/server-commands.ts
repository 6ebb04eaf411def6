/**
 * What runs, looks after and copies the server itself is not ours to do: the program's entry hands it in. Problems are
 * thrown; a number is the exit code.
 */
import type { Context } from './command.ts';

export const ROLES = ['receive', 'work', 'api'] as const;
export type Role = (typeof ROLES)[number];

export interface ServerCommands {
  serve(call: { readonly roles: readonly Role[] }, context: Context): Promise<number>;
  up(context: Context): Promise<number>;
  configCheck(): CheckedSettings | Promise<CheckedSettings>;
  configShow(): readonly ShownSetting[] | Promise<readonly ShownSetting[]>;
  backup(call: BackupCall, context: Context): Promise<BackupResult>;
  restore(call: RestoreCall, context: Context): Promise<RestoreResult>;
}

export interface BackupCall {
  readonly to: string;
  /** What is in the mailboxes, too. */
  readonly mailboxes: boolean;
}

export interface BackupResult {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Users whose mailboxes are in it; null: none was asked for. */
  readonly mailboxes: number | null;
}

export interface RestoreCall {
  readonly from: string;
}

export interface RestoreResult {
  /** Of the server that made the backup. */
  readonly version: string;
  /** When it was begun: mail that was accepted before is in it. */
  readonly startedAt: number;
  readonly files: number;
  readonly mailboxes: number | null;
}

/** `problems` empty: the settings can be used. `file` null: there is no file, all values are defaults. */
export interface CheckedSettings {
  readonly file: string | null;
  readonly problems: readonly string[];
}

/** One setting, its secrets hidden. */
export interface ShownSetting {
  /** "limits.message". */
  readonly key: string;
  /** As it is written in the file; null: not set. */
  readonly value: string | null;
  /** "default", "config/geganti.yaml:12", or the variable's name. */
  readonly from: string;
  /** Whether it is another value than the default. */
  readonly changed: boolean;
  /** Whether a change takes effect by a reload, or at the next start. */
  readonly reload: boolean;
}
