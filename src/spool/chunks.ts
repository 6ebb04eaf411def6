/**
 * Collects the octets of one message: keeps the caller's buffers where that is cheap and copies the others together,
 * so that a client that sends octet by octet, or a small piece of a large buffer, cannot hold more memory than it sent.
 */
import { crc32 } from 'node:zlib';

const SMALL_BYTES = 4096;
const BLOCK_BYTES = 16 * 1024;

export interface Chunks {
  add(chunk: Buffer): void;
  /** Octets held. */
  readonly bytes: number;
  /** Octets added since the start, and their CRC-32. */
  readonly totalBytes: number;
  readonly crc: number;
  /** Hands over what is held and begins anew. */
  take(): Buffer[];
}

export function createChunks(): Chunks {
  let held: Buffer[] = [];
  let block: Buffer | null = null;
  let blockFilled = 0;
  let bytes = 0;
  let totalBytes = 0;
  let crc = 0;

  const closeBlock = (): void => {
    if (block) held.push(block.subarray(0, blockFilled));
    block = null;
  };

  const copy = (chunk: Buffer): void => {
    if (block && blockFilled + chunk.length > block.length) closeBlock();
    if (!block) {
      block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, chunk.length));
      blockFilled = 0;
    }
    blockFilled += chunk.copy(block, blockFilled);
  };

  return {
    add(chunk) {
      if (chunk.length === 0) return;
      crc = crc32(chunk, crc);
      bytes += chunk.length;
      totalBytes += chunk.length;
      const pinsMuch = chunk.length * 2 < chunk.buffer.byteLength;
      if (chunk.length < SMALL_BYTES || pinsMuch) return copy(chunk);
      closeBlock();
      held.push(chunk);
    },
    get bytes() {
      return bytes;
    },
    get totalBytes() {
      return totalBytes;
    },
    get crc() {
      return crc;
    },
    take() {
      closeBlock();
      const taken = held;
      held = [];
      bytes = 0;
      return taken;
    },
  };
}
