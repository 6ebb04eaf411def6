/** Names of things in things: "2!folder/letter.docx!word/document.xml". */
import { shownName } from '../../rules/attachments.ts';

const NAME_CHARACTERS = 100;
const PLACE_CHARACTERS = 240;
const NAMES_CHARACTERS = 160;
const LINE_CHARACTERS = 300;
/** What ends a line, turns it or hides in it. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Where something inside of `part` is; long ones are cut, the number in front stays. */
export function inside(part: string, name: string): string {
  const place = `${part}!${cut(shownName(name), NAME_CHARACTERS)}`;
  return cut(place, PLACE_CHARACTERS);
}

/** What people know a file by: its name, or its number where it has none. */
export function called(names: readonly string[], part: string): string {
  const name = names[0];
  return name === undefined || name === '' ? `part ${part}` : cut(shownName(name), NAMES_CHARACTERS);
}

export function oneLine(text: string): string {
  return cut(text.toWellFormed().replace(UNSEEN, '?'), LINE_CHARACTERS);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}
