/**
 * Passwords: made, hashed (argon2id, RFC 9106) and verified, off the event loop. A hash is kept as a PHC string,
 * `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, which Dovecot verifies too (it allows p=1 only).
 *
 * Invariant: whoever asks learns nothing from the time an answer takes: an unknown name costs the same hash.
 */
import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

export interface Passwords {
  hash(password: string): Promise<string>;
  /** `stored` null: there is no such user; takes as long and is false. Throws on a string that no hash of ours is. */
  verify(password: string, stored: string | null): Promise<boolean>;
}

interface Cost {
  readonly memoryKiB: number;
  readonly passes: number;
}

/** The least that OWASP advises for argon2id: 19 MiB, two passes; about 25 ms. */
const COST: Cost = { memoryKiB: 19_456, passes: 2 };
const SALT_OCTETS = 16;
const HASH_OCTETS = 32;
/** Longer than any password; what is longer is cut before it is hashed in vain. */
const MAX_PASSWORD_OCTETS = 1024;

/**
 * Hashes at once. Each takes 19 MiB and one of Node's four pool threads, which the spool's writes and syncs need
 * too; with two processors more at once are not faster either. The others wait in turn.
 */
const HASHES_AT_ONCE = 2;

export function createPasswords(): Passwords {
  const inTurn = createTurns(HASHES_AT_ONCE);
  const nobody: Stored = { cost: COST, salt: randomBytes(SALT_OCTETS), hash: randomBytes(HASH_OCTETS) };
  return {
    async hash(password) {
      const salt = randomBytes(SALT_OCTETS);
      const hash = await inTurn(() => derive(password, salt, COST, HASH_OCTETS));
      return format({ cost: COST, salt, hash });
    },
    async verify(password, stored) {
      const known = stored === null ? nobody : parse(stored);
      const { cost, salt, hash } = known;
      const given = await inTurn(() => derive(password, salt, cost, hash.length));
      const tooLong = Buffer.byteLength(password) > MAX_PASSWORD_OCTETS;
      return timingSafeEqual(given, hash) && known !== nobody && !tooLong;
    },
  };
}

const UPPER = 'ABCDEFGHJKLMNPQRTUVWXY';
const LOWER = 'abcdefghjkmnpqrtuvwxy';
const DIGITS = '34679';
const LETTERS = UPPER + LOWER + DIGITS;

/**
 * Four groups of four, "Kd7m-Xq4T-…": 89 bits, and the hyphens are the symbol that the service asks for. Without
 * letters and digits that look alike (0 O, 1 I l, 2 Z z, 5 S s, 8 B), so that it can be read aloud and copied by hand.
 */
export function newPassword(): string {
  for (;;) {
    const groups = Array.from({ length: 4 }, () => Array.from({ length: 4 }, randomLetter).join(''));
    const password = groups.join('-');
    if ([/[A-Z]/, /[a-z]/, /\d/].every((kind) => kind.test(password))) return password;
  }
}

function randomLetter(): string {
  return LETTERS.charAt(randomInt(LETTERS.length));
}

interface Stored {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function format({ cost, salt, hash }: Stored): string {
  return `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.passes},p=1$${base64(salt)}$${base64(hash)}`;
}

function parse(text: string): Stored {
  const form = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{22,})$/;
  const [, memory, passes, salt, hash] = form.exec(text) ?? [];
  if (salt === undefined || hash === undefined) throw new Error('a stored password is no argon2id string');
  return {
    cost: { memoryKiB: Number(memory), passes: Number(passes) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

/** PHC strings leave the padding out. */
function base64(octets: Buffer): string {
  return octets.toString('base64').replace(/=+$/, '');
}

function derive(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const message = Buffer.from(password).subarray(0, MAX_PASSWORD_OCTETS);
  const { memoryKiB: memory, passes } = cost;
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, memory, passes, parallelism: 1, tagLength }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Runs at most `places` at once, the others in the order in which they came. */
function createTurns(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes straight to the next one, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
