/** Readers for the settings under `policy`: what is done for a reason in each direction, endings of file names. */
import { type Action, DIRECTIONS, type Direction, type Reason } from '../mail/finding.ts';
import { DEFAULT_MODES } from '../rules/catalogue.ts';
import { ok, type Reader, rowsOf, wrong } from './readers.ts';

type RuleModes = Readonly<Record<Direction, Action | null>>;

/** "off" is null: not looked for. */
type Word = Action | 'off';
const ANY: readonly Word[] = ['refuse', 'quarantine', 'tag', 'observe', 'off'];

/**
 * `{ in: refuse, out: quarantine, within: off }`; a direction that is left out keeps its default; one word is for all.
 * From the environment the same rows with commas between.
 */
export function ruleModes(reason: Reason): Reader<RuleModes> {
  const words = wordsOf(reason);
  const form = `write { in: …, out: …, within: … }, each one of ${words.join(', ')}`;
  return (given) => {
    const one = words.find((word) => word === given);
    if (one !== undefined) return ok({ in: modeOf(one), out: modeOf(one), within: modeOf(one) });
    const rows = rowsOf(given);
    if (rows === null || (typeof given === 'string' && !given.includes(':')))
      return wrong(`is not a table of directions; ${form}`);
    const modes: Record<Direction, Action | null> = { ...DEFAULT_MODES[reason] };
    for (const [name, text] of rows) {
      const direction = DIRECTIONS.find((known) => known === name);
      const word = words.find((known) => known === text);
      if (direction === undefined) return wrong(`has a row "${name}", which is no direction; ${form}`);
      if (word === undefined) return wrong(`has ${JSON.stringify(text)} for "${name}"; ${form}`);
      modes[direction] = modeOf(word);
    }
    return ok(modes);
  };
}

/** The ways that a rule may have. Junk is a folder for what is spam, perhaps; a virus, or what may hold one unseen, is never delivered. */
export function wordsOf(reason: Reason): readonly Word[] {
  if (reason === 'virus' || reason === 'unscannable') return ['refuse', 'quarantine'];
  return reason === 'spam' || reason === 'junk' ? ['refuse', 'quarantine', 'junk', ...ANY.slice(2)] : ANY;
}

/** As people write it. */
export function shownModes(modes: RuleModes): Readonly<Record<Direction, Word>> {
  return { in: modes.in ?? 'off', out: modes.out ?? 'off', within: modes.within ?? 'off' };
}

function modeOf(word: Word): Action | null {
  return word === 'off' ? null : word;
}

/** "exe" or ".EXE"; in lower case and without the dot afterwards. */
export const fileEnding: Reader<string> = (given) => {
  const ending = typeof given === 'string' ? given.trim().replace(/^\./, '').toLowerCase() : '';
  return /^[a-z0-9_-]{1,32}$/.test(ending)
    ? ok(ending)
    : wrong('is not the ending of a file name; write it like "exe"');
};

/** What runs with a double click: on Windows first of all, by the lists of large mail services, without what offices send. */
export const DANGEROUS_NAMES: readonly string[] = [
  ...['ade', 'adp', 'apk', 'app', 'appinstaller', 'application', 'appref-ms', 'appx', 'appxbundle'],
  ...['bat', 'chm', 'cmd', 'com', 'command', 'cpl', 'deb', 'diagcab', 'diagcfg', 'diagpkg', 'dll', 'exe'],
  ...['gadget', 'hlp', 'hta', 'inf', 'ins', 'iqy', 'isp', 'jar', 'jnlp', 'js', 'jse', 'ksh', 'library-ms'],
  ...['lnk', 'mde', 'mjs', 'msc', 'msh', 'msi', 'msix', 'msixbundle', 'msp', 'mst', 'nsh', 'ocx', 'osd'],
  ...['pif', 'ps1', 'ps1xml', 'ps2', 'psc1', 'psm1', 'reg', 'rpm', 'scf', 'scr', 'sct', 'search-ms'],
  ...['settingcontent-ms', 'sh', 'shb', 'shs', 'sys', 'vb', 'vbe', 'vbs', 'vbscript', 'vhd', 'vhdx', 'vxd'],
  ...['wll', 'wsc', 'wsf', 'wsh', 'xbap', 'xll', 'xnk'],
];
