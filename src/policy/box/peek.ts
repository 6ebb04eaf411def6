/** The beginning of a file that comes in pieces, so that what it is decides who reads it. */
import { KIND_BYTES } from '../../rules/file-kinds.ts';
import type { Octets } from './opening.ts';

export interface Peeked {
  /** `KIND_BYTES`, or all there is. */
  readonly start: Buffer;
  /** Everything, the start included; read once or dropped. */
  readonly all: AsyncIterable<Buffer>;
  drop(): Promise<void>;
}

export async function peek(octets: Octets): Promise<Peeked> {
  const pieces = iterate(octets);
  const first: Buffer[] = [];
  let bytes = 0;
  while (bytes < KIND_BYTES) {
    const { value, done } = await pieces.next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  const start = Buffer.concat(first);
  return {
    start,
    all: (async function* () {
      yield start;
      yield* pieces;
    })(),
    drop: async () => void (await pieces.return(undefined)),
  };
}

async function* iterate(octets: Octets): AsyncGenerator<Buffer, undefined> {
  yield* octets;
}
