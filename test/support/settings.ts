/** The settings of a machine that sets nothing. */
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';

export function defaultSettings(): Settings {
  return loadSettings({ file: null, env: {}, isRoot: false, projectFolder: '/nonexistent', hostname: '' });
}
