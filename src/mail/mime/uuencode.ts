/**
 * The lines of uuencode (POSIX.1 `uuencode`, the historical algorithm) and of yEnc (www.yenc.org), as they stand in the
 * text of old mail.
 */

/** A first line: the name of the file. Null: it is none. */
export function readBegin(
  line: string,
): { readonly kind: 'uuencode' | 'yenc'; readonly name: string } | null {
  const uu = /^begin [0-7]{3,4} (\S.*)$/.exec(line);
  if (uu) return { kind: 'uuencode', name: uu[1]?.trim() ?? '' };
  // The name is the last field and may have spaces in it.
  const yenc = /^=ybegin (.*\b)?name=(.*)$/.exec(line);
  return yenc?.[1]?.includes('line=') ? { kind: 'yenc', name: yenc[2]?.trim() ?? '' } : null;
}

/**
 * Into `out`, which has room for 63 octets; how many, or -1: this is no line of uuencode. Missing letters are zeros. Forgiving
 * programs step over what stands behind the letters, or take any letter by its lowest six bits; prose seldom looks so.
 */
export function decodeUuLine(line: Buffer, out: Buffer): number {
  const first = line[0] ?? 0;
  if (first <= 0x20 || first > 0x7e) return -1;
  const octets = (first - 0x20) & 0x3f;
  const letters = Math.ceil(octets / 3) * 4;
  const isOfLength = line.length - 1 >= letters && line.length - 1 <= letters + 3;
  const last = isOfLength ? 0x7e : 0x60;
  if (first > last) return -1;
  for (let i = 1; i < line.length && i <= letters; i++) {
    const octet = line[i] ?? 0;
    if (octet < 0x20 || octet > last) return -1;
  }
  for (let group = 0, at = 1; group * 3 < octets; group++, at += 4) {
    const bits =
      (letter(line, at) << 18) |
      (letter(line, at + 1) << 12) |
      (letter(line, at + 2) << 6) |
      letter(line, at + 3);
    out[group * 3] = bits >> 16;
    out[group * 3 + 1] = bits >> 8;
    out[group * 3 + 2] = bits;
  }
  return octets;
}

function letter(line: Buffer, at: number): number {
  return ((line[at] ?? 0x20) - 0x20) & 0x3f;
}

export interface YencState {
  /** "=" was the last octet. */
  escaped: boolean;
}

/** Into `out`, which has room for as many; how many. */
export function decodeYenc(line: Buffer, out: Buffer, state: YencState): number {
  let filled = 0;
  for (const octet of line) {
    if (octet === 0x0d || octet === 0x0a) continue;
    if (octet === 0x3d && !state.escaped) {
      state.escaped = true;
      continue;
    }
    out[filled++] = octet - (state.escaped ? 106 : 42);
    state.escaped = false;
  }
  return filled;
}
