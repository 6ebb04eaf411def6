/**
 * Text from outside (addresses, replies, names) on its way to a terminal: what could move the cursor, hide text or
 * turn its direction is shown as "?", so that a stranger's reply stays a piece of text.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '?');
}

/** The same for JSON: nothing is lost, since inside its strings every character may be written as an escape. */
export function printableJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE, (found) =>
    found === '\n' ? found : escaped(found),
  );
}

function escaped(character: string): string {
  let text = '';
  for (let at = 0; at < character.length; at++) {
    text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return text;
}
