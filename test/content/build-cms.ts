/** CMS in octets (RFC 5652): content that is signed and anybody can read, in DER or in the BER that programs stream, and content that is encrypted. */

const SIGNED = der(0x06, Buffer.from('2a864886f70d010702', 'hex'));
const ENVELOPED = der(0x06, Buffer.from('2a864886f70d010703', 'hex'));
const DATA = der(0x06, Buffer.from('2a864886f70d010701', 'hex'));
const SHA256 = der(0x30, der(0x06, Buffer.from('608648016503040201', 'hex')));
const VERSION = der(0x02, Buffer.from([1]));
const END = Buffer.alloc(2);

/** `content` null: it stands elsewhere, as beside a signature in a part of its own. `n`: who signs. */
export function signed(content: string | null, n: number): Buffer {
  const octets = content === null ? Buffer.alloc(0) : der(0xa0, der(0x04, Buffer.from(content, 'latin1')));
  const info = der(0x30, DATA, octets);
  return der(0x30, SIGNED, der(0xa0, der(0x30, VERSION, der(0x31, SHA256), info, signers(n))));
}

/** The same as a program writes it that does not know the length yet: in pieces, with marks of their end (X.690 §8.1.3.6). */
export function signedInPieces(content: string, n: number, piece = 100): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += piece)
    pieces.push(der(0x04, Buffer.from(content.slice(at, at + piece), 'latin1')));
  const info = open(0x30, DATA, open(0xa0, open(0x24, ...pieces)));
  return open(0x30, SIGNED, open(0xa0, open(0x30, VERSION, der(0x31, SHA256), info, signers(n))));
}

export function enveloped(n: number): Buffer {
  const data = der(
    0x30,
    DATA,
    der(0x30, der(0x06, Buffer.from('60864801650304012a', 'hex'))),
    der(0x80, noise(n, 800)),
  );
  return der(
    0x30,
    ENVELOPED,
    der(0xa0, der(0x30, VERSION, der(0x31, der(0x30, VERSION, der(0x04, noise(n + 1, 200)))), data)),
  );
}

function signers(n: number): Buffer {
  const name = der(0x30, der(0x31, der(0x30, der(0x0c, Buffer.from(`Penandatangan ${n}`)))));
  const who = der(0x30, name, der(0x02, Buffer.from([n + 1])));
  return der(0x31, der(0x30, VERSION, who, SHA256, SHA256, der(0x04, noise(n, 256))));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([Buffer.from([tag, 0x84]), length, content]);
}

function open(tag: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...parts, END]);
}

/** Like what is signed or encrypted: without a pattern. */
function noise(n: number, length: number): Buffer {
  let state = n + 7;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}
