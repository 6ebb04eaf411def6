/** Quoted-printable (RFC 2045 §6.7). Octets come as characters U+0000 to U+00FF ("latin1"). */

const LINE_LENGTH = 76;

/** Lines without their ends in, lines of at most 76 characters out. */
export function quotedPrintable(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const out: string[] = [];
    let current = '';
    for (let i = 0; i < line.length; i++) {
      const word = encode(line.charAt(i), i === line.length - 1);
      // One place is kept for the "=" of a soft line break.
      if (current.length + word.length > LINE_LENGTH - 1) {
        out.push(`${current}=`);
        current = '';
      }
      current += word;
    }
    return [...out, current];
  });
}

/** Rule 3: a space or tab at the end of a line must be encoded. */
function encode(character: string, last: boolean): string {
  if (/[\x21-\x3c\x3e-\x7e]/.test(character) || (!last && /[\t ]/.test(character))) return character;
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
