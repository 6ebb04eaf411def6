/**
 * Tokens of programs that use the API. A secret is 256 random bits, so that a plain hash of it is as hard to turn back as
 * a slow one, and may be looked up: what the time of a lookup tells is about the hash, and no use to anybody.
 */
import { createHash, randomBytes } from 'node:crypto';
import { exclusively } from '../db/exclusive.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Change, type NewToken, TOKEN_RIGHTS, type Token, type TokenWithSecret } from './directory.ts';
import { compare } from './list.ts';
import type { DirectoryDatabase, TokenRow } from './schema.ts';
import { type Checked, refused, show } from './validate.ts';

export interface TokenDeps {
  readonly database: DirectoryDatabase;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** By which scanners of leaked secrets know it as ours. */
const PREFIX = 'geg_';
const SECRET_OCTETS = 32;

export async function addToken(deps: TokenDeps, given: NewToken): Promise<Change<TokenWithSecret>> {
  const createdAt = deps.clock.now();
  const checked = checkToken(given, createdAt);
  if (checked.kind === 'refused') return checked;
  const { name, right, expiresAt } = checked.value;
  const secret = PREFIX + randomBytes(SECRET_OCTETS).toString('base64url');
  const row: TokenRow = {
    name,
    access_right: right,
    secret_hash: hashOf(secret),
    expires_at: expiresAt,
    created_at: createdAt,
  };
  const change = await exclusively(deps.database, async (db): Promise<Change<TokenWithSecret>> => {
    const same = await db.selectFrom('tokens').select('name').where('name', '=', name).executeTakeFirst();
    if (same) return refused(`name ${show(name)} is taken by another token; choose another`);
    await db.insertInto('tokens').values(row).execute();
    return { kind: 'done', value: { token: tokenOf(row), secret } };
  });
  if (change.kind === 'done') deps.log.info({ name, right, expiresAt }, 'token added');
  return change;
}

/** By name; those whose time is over, too. */
export async function listTokens(db: DirectoryDatabase): Promise<Token[]> {
  const rows = await db.selectFrom('tokens').selectAll().execute();
  return rows.map(tokenOf).sort((a, b) => compare(a.name, b.name));
}

export async function removeToken(deps: TokenDeps, name: string): Promise<Change<Token>> {
  const unknown = refused(`name ${show(name)} is not a token; see "geganti token list"`);
  if (!isName(name)) return unknown;
  const row = await deps.database
    .deleteFrom('tokens')
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst();
  if (!row) return unknown;
  deps.log.info({ name }, 'token removed');
  return { kind: 'done', value: tokenOf(row) };
}

export async function findToken(deps: TokenDeps, secret: string): Promise<Token | null> {
  const row = await deps.database
    .selectFrom('tokens')
    .selectAll()
    .where('secret_hash', '=', hashOf(secret))
    .executeTakeFirst();
  if (!row || (row.expires_at !== null && row.expires_at <= deps.clock.now())) return null;
  return tokenOf(row);
}

function checkToken(token: NewToken, now: number): Checked<NewToken> {
  const { name, right, expiresAt } = token;
  if (!isName(name)) {
    return refused(
      `name ${show(name)} must have 1 to 32 of a-z, 0-9, ".", "_" and "-"; write it like "prometheus"`,
    );
  }
  if (!TOKEN_RIGHTS.includes(right)) {
    return refused(`right ${show(right)} is not known; write one of ${TOKEN_RIGHTS.join(', ')}`);
  }
  if (expiresAt !== null && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    return refused(`expiresAt ${expiresAt} is not a moment to come; write a later one, or none`);
  }
  return { kind: 'valid', value: token };
}

function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,31}$/.test(text);
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function tokenOf(row: TokenRow): Token {
  return {
    name: row.name,
    right: row.access_right,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  };
}
