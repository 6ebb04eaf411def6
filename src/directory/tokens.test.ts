import { expect, test } from 'vitest';
import { describeDirectory, done, NOW, problem, startDirectory } from '../../test/support/directories.ts';
import type { NewToken } from './directory.ts';

const TOKEN: NewToken = { name: 'prometheus', right: 'metrics', expiresAt: null };

describeDirectory((newPlace) => {
  test('a token is found by its secret, of which only a hash is kept, until it is removed', async () => {
    await using place = await newPlace();
    await using directory = await startDirectory(place);
    const { token, secret } = done(await directory.addToken(TOKEN));
    expect(token).toEqual({ ...TOKEN, createdAt: NOW });
    expect(secret).toMatch(/^geg_[\w-]{43}$/);
    expect(await directory.findToken(secret)).toEqual(token);
    for (const wrong of ['', 'geg_', secret.slice(0, -1), secret.toUpperCase(), `${secret}\0`]) {
      expect(await directory.findToken(wrong)).toBeNull();
    }
    const database = await place.open();
    const rows = JSON.stringify(await database.selectFrom('tokens').selectAll().execute());
    await database.destroy();
    expect(rows).not.toContain(secret.slice(4));
    expect(await directory.removeToken('prometheus')).toEqual({ kind: 'done', value: token });
    expect(await directory.findToken(secret)).toBeNull();
    expect(await directory.listTokens()).toEqual([]);
  });

  test('a token whose time is over is not found, but listed', async () => {
    await using place = await newPlace();
    const time = { now: NOW };
    await using directory = await startDirectory(place, { time });
    const { secret } = done(await directory.addToken({ ...TOKEN, expiresAt: NOW + 1000 }));
    done(await directory.addToken({ ...TOKEN, name: 'console', right: 'operator' }));
    time.now += 999;
    expect(await directory.findToken(secret)).not.toBeNull();
    time.now += 1;
    expect(await directory.findToken(secret)).toBeNull();
    const listed = (await directory.listTokens()).map(({ name, right }) => `${name} ${right}`);
    expect(listed).toEqual(['console operator', 'prometheus metrics']);
  });

  const badTokens: [string, Partial<NewToken>, RegExp][] = [
    ['name that is taken', {}, /^name "prometheus" is taken by another token; choose another$/],
    [
      'name with capitals',
      { name: 'Console' },
      /^name "Console" must have 1 to 32 of a-z, .* write it like /,
    ],
    ['end that is past', { name: 'x', expiresAt: NOW }, /^expiresAt 1700000000000 is not a moment to come; /],
  ];

  test.each(badTokens)('a token with a %s is refused', async (_, change, expected) => {
    await using place = await newPlace();
    await using directory = await startDirectory(place);
    done(await directory.addToken(TOKEN));
    expect(await directory.addToken({ ...TOKEN, ...change })).toEqual(
      problem(expect.stringMatching(expected)),
    );
    expect(await directory.listTokens()).toHaveLength(1);
  });

  test('a token that is not there cannot be removed', async () => {
    await using place = await newPlace();
    await using directory = await startDirectory(place);
    for (const name of ['none', 'a\0']) {
      const expected = `name ${JSON.stringify(name)} is not a token; see "geganti token list"`;
      expect(await directory.removeToken(name)).toEqual(problem(expected));
    }
  });
});
