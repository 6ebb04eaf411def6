/**
 * Parameters by their plain name, with what RFC 2231 made of long and foreign ones: `filename*0*=utf-8''a%20; filename*1=b`.
 * Where readers put the pieces together in different ways, all the results are given.
 */
import { decodeOctets } from '../charset.ts';
import type { Parameter } from './parameters.ts';

export interface Gathered {
  readonly plain: readonly Parameter[];
  /** Decoded, each once; empty: RFC 2231 is not used for it. */
  readonly extended: readonly string[];
}

interface Piece {
  readonly index: number;
  readonly encoded: boolean;
  readonly value: string;
}

/** `name`: without marks. */
export function gather(parameters: readonly Parameter[], name: string): Gathered {
  const plain: Parameter[] = [];
  const pieces: Piece[] = [];
  for (const parameter of parameters) {
    if (parameter.name === name) plain.push(parameter);
    const mark = parameter.name.startsWith(`${name}*`) ? parameter.name.slice(name.length + 1) : null;
    const parsed = mark === null ? null : /^(?:(\d{1,4})(\*)?)?$/.exec(mark);
    if (!parsed) continue;
    const [, index, star] = parsed;
    const { value } = parameter;
    pieces.push({ index: Number(index ?? -1), encoded: index === undefined || star === '*', value });
  }
  return { plain, extended: pieces.length > 0 ? joinPieces(pieces) : [] };
}

function joinPieces(pieces: readonly Piece[]): string[] {
  const whole = pieces.filter(({ index }) => index < 0);
  // Array.sort is stable: pieces of one number stay in their order.
  const parts = pieces.filter(({ index }) => index >= 0).sort((a, b) => a.index - b.index);
  const first = parts.filter(({ index }, i) => parts[i - 1]?.index !== index);
  const last = parts.filter(({ index }, i) => parts[i + 1]?.index !== index);
  const unbroken = first.filter(({ index }, i) => index === i);
  const results = [...whole.map((piece) => [piece]), unbroken, first, last].filter((list) => list.length > 0);
  return [...new Set(results.map(decodePieces))];
}

/** RFC 2231 §4: `charset'language'text` at the begin of what is encoded. */
function decodePieces(pieces: readonly Piece[]): string {
  const start = pieces[0]?.encoded ? /^([^']{0,80})'[^']{0,80}'/.exec(pieces[0].value) : null;
  const octets = pieces.map(({ value, encoded }, i) => {
    const text = i === 0 && start ? value.slice(start[0].length) : value;
    return encoded ? percentDecoded(text) : text;
  });
  return decodeOctets(Buffer.from(octets.join(''), 'latin1'), start?.[1] || null);
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
