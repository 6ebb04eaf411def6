import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createPasswords, newPassword } from './password.ts';

const passwords = createPasswords();

test('a password verifies against its own hash and no other does', async () => {
  const stored = await passwords.hash('Kd7m-Xq4T-pw');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await passwords.verify('Kd7m-Xq4T-pw', stored)).toBe(true);
  for (const other of ['', 'kd7m-xq4t-pw', 'Kd7m-Xq4T-p', 'Kd7m-Xq4T-pw ', 'Kd7m-Xq4T-pw\0']) {
    expect(await passwords.verify(other, stored)).toBe(false);
  }
});

test('the same password has another hash each time', async () =>
  expect(await passwords.hash('same')).not.toBe(await passwords.hash('same')));

test('nobody has no password, not even an empty one', async () => {
  expect(await passwords.verify('', null)).toBe(false);
  expect(await passwords.verify('x', null)).toBe(false);
});

test('the end of an overlong password is not left out of account', async () => {
  const stored = await passwords.hash('x'.repeat(1024));
  expect(await passwords.verify('x'.repeat(1024), stored)).toBe(true);
  expect(await passwords.verify('x'.repeat(1025), stored)).toBe(false);
});

test('a damaged hash is an error, not a wrong password', async () =>
  expect(passwords.verify('x', '$2b$10$abc')).rejects.toThrow('no argon2id string'));

test('an unknown user takes as long as a wrong password', async () => {
  const stored = await passwords.hash('right');
  const time = async (target: string | null): Promise<number> => {
    const start = performance.now();
    await passwords.verify('wrong', target);
    return performance.now() - start;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let i = 0; i < 15; i++) {
    known.push(await time(stored));
    unknown.push(await time(null));
  }
  const median = (times: number[]): number => times.sort((a, b) => a - b)[7] ?? 0;
  expect(median(unknown) / median(known)).toBeGreaterThan(0.5);
  expect(median(unknown) / median(known)).toBeLessThan(2);
});

test('many at once are all answered, and the event loop goes on meanwhile', async () => {
  const stored = await passwords.hash('right');
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => passwords.verify(i % 2 ? 'right' : 'wrong', stored)),
  );
  clearInterval(timer);
  expect(answers).toEqual(Array.from({ length: 12 }, (_, i) => i % 2 === 1));
  expect(ticks).toBeGreaterThan(10);
});

test('Dovecot verifies our hash, and refuses a wrong password', async () => {
  const doveadm = (password: string, hash: string): Promise<string> =>
    promisify(execFile)('doveadm', ['-c', '/dev/null', 'pw', '-t', `{ARGON2ID}${hash}`, '-p', password]).then(
      ({ stdout }) => stdout,
    );
  const password = newPassword();
  const hash = await passwords.hash(password);
  expect(await doveadm(password, hash)).toContain('(verified)');
  await expect(doveadm(`${password}x`, hash)).rejects.toThrow(/password mismatch|reverse password/i);
});

test('a new password has all kinds of characters, none that looks like another, and never comes twice', () => {
  const made = Array.from({ length: 500 }, newPassword);
  expect(new Set(made).size).toBe(500);
  for (const password of made) {
    expect(password).toMatch(/^[A-Za-z\d]{4}(?:-[A-Za-z\d]{4}){3}$/);
    expect(password).toMatch(/[A-Z]/);
    expect(password).toMatch(/[a-z]/);
    expect(password).toMatch(/\d/);
    expect(password).not.toMatch(/[01258OISZilosz]/);
  }
});
