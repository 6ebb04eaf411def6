/**
 * What runs, looks after and copies the server itself is not ours to do: the program's entry hands it in. Problems are
 * thrown; a number is the exit code.
 */
import type { BackupDeps, BackupResult } from '../backup/backup.ts';
import type { RestoreDeps, RestoreResult } from '../backup/restore.ts';
import type { CheckedSettings, ShownSetting } from '../config/show.ts';
import type { Role } from '../roles/role.ts';
import type { Context } from './command.ts';

export interface ServerCommands {
  serve(call: { readonly roles: readonly Role[] }, context: Context): Promise<number>;
  up(context: Context): Promise<number>;
  configCheck(): CheckedSettings;
  configShow(): readonly ShownSetting[];
  /** Paths are as the caller gave them. */
  backup(call: BackupCall, context: Context): Promise<BackupResult>;
  restore(call: RestoreCall, context: Context): Promise<RestoreResult>;
}

export type BackupCall = Pick<BackupDeps, 'to' | 'mailboxes'>;
export type RestoreCall = Pick<RestoreDeps, 'from'>;
