/** For tests: walks a message in every way to cut it, and gives what the handlers got as plain values. */
import assert from 'node:assert/strict';
import { createWalk, type Part, type Structure, WALK_LIMITS, type WalkLimits } from '../parts.ts';

export interface SeenPart extends Part {
  /** Decoded octets as Latin-1; null: it was not read to its end. */
  readonly text: string | null;
}

export interface Seen {
  readonly parts: readonly SeenPart[];
  readonly fields: readonly (readonly [name: string, value: string, path: string])[];
  readonly structure: Structure;
}

/** `message`: octets as Latin-1, or lines that get CR LF. Cut whole, octet by octet and in pieces of many sizes: the same comes out. */
export function walk(message: string | readonly string[], limits: WalkLimits = WALK_LIMITS): Seen {
  const octets = Buffer.from(typeof message === 'string' ? message : message.join('\r\n'), 'latin1');
  const whole = walkCut(octets, () => octets.length || 1, limits);
  const counted = walkCut(octets, () => 1_000, limits, false);
  assert.deepEqual(counted.structure, whole.structure);
  assert.deepEqual(
    walkCut(octets, () => 1, limits),
    whole,
  );
  for (const seed of [1, 2, 3, 4, 5, 6]) assert.deepEqual(walkCut(octets, sizes(seed), limits), whole);
  return whole;
}

/** `read`: readers are given; else everything is only counted. */
export function walkCut(octets: Buffer, size: () => number, limits = WALK_LIMITS, read = true): Seen {
  const parts: { part: Part; pieces: string[]; ended: boolean }[] = [];
  const fields: [string, string, string][] = [];
  const one = createWalk(
    {
      part(part) {
        const seen = { part, pieces: [] as string[], ended: false };
        parts.push(seen);
        if (!read) return null;
        return {
          write: (piece) => void seen.pieces.push(piece.toString('latin1')),
          end() {
            assert.equal(seen.ended, false);
            seen.ended = true;
          },
        };
      },
      field: (name, value, path) => void fields.push([name, value, path]),
    },
    limits,
  );
  for (let at = 0; at < octets.length; ) {
    const end = at + size();
    // A copy, so that whoever keeps a piece of it is found out.
    const piece = Buffer.from(octets.subarray(at, end));
    one.write(piece);
    piece.fill(0x2a);
    at = end;
  }
  const structure = one.end();
  const seen = parts.map(({ part, pieces, ended }) => ({ ...part, text: ended ? pieces.join('') : null }));
  return { parts: seen, fields, structure };
}

/** Sizes from 1 to 40 in an order that is the same each time. */
function sizes(seed: number): () => number {
  let state = seed * 7_919;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 1 + (Math.floor(state / 65_536) % 40);
  };
}

export function kinds(seen: Seen): string[] {
  return seen.structure.ambiguities.map(({ kind }) => kind);
}

export function part(seen: Seen, path: string): SeenPart {
  const found = seen.parts.find((one) => one.path === path);
  if (!found) throw new Error(`no part ${path} among ${seen.parts.map((one) => one.path).join(' ')}`);
  return found;
}
