/** The attack table over the classes J to N, and the clean twins of each rule. */
import { ARCHIVE_CASES, SCANNER_CASES } from './cases-archives.ts';
import { DOCUMENT_CASES, DOCUMENT_TWINS } from './cases-documents.ts';
import { FILE_CASES, FILE_TWINS } from './cases-files.ts';
import { LINK_CASES, LINK_TWINS } from './cases-links.ts';
import { MARKUP_CASES } from './cases-markup.ts';
import { SIZE_CASES, SIZE_TWINS } from './cases-size.ts';
import { SPELLING_CASES } from './cases-spellings.ts';
import { STRUCTURE_CASES } from './cases-structure.ts';
import type { Case, Honest } from './sample.ts';

/** What the content rules find by themselves. */
export const CONTENT_CASES: readonly Case[] = [
  ...SIZE_CASES,
  ...STRUCTURE_CASES,
  ...FILE_CASES,
  ...ARCHIVE_CASES,
  ...LINK_CASES,
  ...MARKUP_CASES,
  ...SPELLING_CASES,
  ...DOCUMENT_CASES,
];
export const CASES: readonly Case[] = [...CONTENT_CASES, ...SCANNER_CASES];

export const TWINS: readonly Honest[] = [...SIZE_TWINS, ...FILE_TWINS, ...LINK_TWINS, ...DOCUMENT_TWINS];
