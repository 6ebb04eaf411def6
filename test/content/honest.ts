/** The honest corpus: at least 500 messages in the manner of common clients and servers; each passes both doors untouched. */
import { HONEST_FILES } from './honest-files.ts';
import { LINKED } from './honest-links.ts';
import { LISTS } from './honest-lists.ts';
import { OLD } from './honest-old.ts';
import { OUTLOOK } from './honest-outlook.ts';
import { PROGRAMS } from './honest-programs.ts';
import { REPORTS } from './honest-reports.ts';
import { SEALED } from './honest-sealed.ts';
import { WEBMAIL } from './honest-webmail.ts';
import type { Honest } from './sample.ts';

export const HONEST: readonly Honest[] = [
  ...OUTLOOK,
  ...WEBMAIL,
  ...PROGRAMS,
  ...LISTS,
  ...REPORTS,
  ...SEALED,
  ...HONEST_FILES,
  ...OLD,
  ...LINKED,
];
