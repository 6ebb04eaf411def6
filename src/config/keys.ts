/**
 * The settings leaf by leaf: where each value of `Settings` comes from in the file. The typed names are those of the
 * file with a unit behind them (`limits.message` → `limits.messageBytes`), but for a few.
 */
import { isRecord } from '../lib/fields.ts';
import { settingPaths } from './schema.ts';
import type { Settings } from './settings.ts';

export interface SettingLeaf {
  /** The key in the file; `certificate` for both of its keys, which go together. */
  readonly key: string;
  /** Its place in `Settings`. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Where the typed name does not begin with the name in the file. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'policy.attachmentBytes': 'policy.attachments',
  'policy.storage': 'policy.storageList',
  'limits.commandBytes': 'limits.commandLine',
  'limits.authCommandBytes': 'limits.authLine',
  'limits.dataBytesPerSecond': 'limits.dataRate',
  'spool.segmentMs': 'spool.segmentAge',
};

export function settingLeaves(settings: Settings): SettingLeaf[] {
  return leavesOf(settings, []);
}

function leavesOf(value: unknown, path: readonly string[]): SettingLeaf[] {
  const key = keyOf(path.join('.'));
  if (key === 'certificate' || settingPaths.includes(key) || !isRecord(value)) return [{ key, path, value }];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

function keyOf(typed: string): string {
  const key = OTHER_NAMES[typed] ?? typed.replace(/(Bytes|Ms|Percent)$/, '');
  return key.replace(/^policy\.modes\./, 'policy.rules.');
}

export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, name) => (isRecord(node) ? node[name] : undefined), tree);
}
