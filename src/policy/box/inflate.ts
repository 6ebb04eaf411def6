/** Unpacking, in pieces, within the budget: the only way octets come out of an archive. */
import {
  createGunzip,
  createInflate,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import { type Budget, isAbsurd } from './budget.ts';
import { MAX_RATIO } from './limits.ts';
import { CannotOpen } from './opening.ts';

const PACKINGS = {
  raw: { stream: createInflateRaw, atOnce: inflateRawSync },
  zlib: { stream: createInflate, atOnce: inflateSync },
  gzip: { stream: createGunzip, atOnce: gunzipSync },
};
/** Deflate cannot make more than 8.5 MB of so little; a stream for each of thousands of small files would cost seconds. */
const AT_ONCE_BYTES = 8_192;

/** Throws CannotOpen for octets that are not so packed, TooMuch at the end of the budget. */
export async function* inflate(
  packed: Buffer,
  packing: keyof typeof PACKINGS,
  budget: Budget,
): AsyncGenerator<Buffer> {
  const { stream: create, atOnce } = PACKINGS[packing];
  let bytes = 0;
  try {
    if (packed.length <= AT_ONCE_BYTES) {
      const whole = atOnce(packed);
      budget.output(whole.length);
      yield whole;
      return;
    }
    const stream = create({ chunkSize: 65_536 });
    stream.end(packed);
    for await (const chunk of stream) {
      bytes += chunk.length;
      budget.output(chunk.length);
      if (isAbsurd(bytes, packed.length))
        throw new CannotOpen(`unpacks to more than ${MAX_RATIO} times its size`);
      yield chunk;
    }
  } catch (error) {
    throw isOfZlib(error) ? new CannotOpen('damaged: it cannot be unpacked') : error;
  }
}

function isOfZlib(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' && code.startsWith('Z_');
}

/** All of it in one buffer. */
export async function gather(octets: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of octets) pieces.push(piece);
  const [only] = pieces;
  return pieces.length === 1 && only ? only : Buffer.concat(pieces);
}

const SLICE_BYTES = 65_536;

/** A large buffer in pieces, so that no text that is made of them is large. */
export function* slicesOf(octets: Buffer): Generator<Buffer> {
  for (let at = 0; at < octets.length; at += SLICE_BYTES) yield octets.subarray(at, at + SLICE_BYTES);
}
