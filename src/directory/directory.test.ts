/** What the directory knows of agencies and users, and how they are added. */
import { expect, test } from 'vitest';
import {
  describeDirectory,
  domain,
  done,
  GB,
  MB,
  MOH,
  NOW,
  person,
  problem,
  startDirectory,
  withTwoAgencies,
} from '../../test/support/directories.ts';
import { address } from '../../test/support/messages.ts';
import { defaultSettings } from '../../test/support/settings.ts';
import type { Log } from '../lib/log.ts';
import type { NewAgency } from './directory.ts';

describeDirectory((newPlace) => {
  test('agencies are listed with their domains as given', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const agencies = await directory.listAgencies();
    expect(agencies.map(({ code, domains, gradeScheme }) => ({ code, domains, gradeScheme }))).toEqual([
      { code: 'jpa', domains: ['jpa.example', 'adm.jpa.example'], gradeScheme: 'sspa' },
      { code: 'moh', domains: ['moh.example'], gradeScheme: 'classic' },
    ]);
    expect(agencies[0]).toMatchObject({ createdAt: NOW, quotaBytes: null });
  });

  test('domains of agencies are ours, in any case and alphabet, others are not', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    done(await directory.addAgency({ ...MOH, code: 'idn', domains: ['Jabatan-é.example'] }));
    expect(await directory.isOurDomain(domain('MOH.example'))).toBe(true);
    expect(await directory.isOurDomain(domain('adm.jpa.example'))).toBe(true);
    expect(await directory.isOurDomain(domain('jabatan-é.example'))).toBe(true);
    expect(await directory.isOurDomain(domain('sub.moh.example'))).toBe(false);
    expect(await directory.isOurDomain(domain('other.example'))).toBe(false);
  });

  test('a new user has a mailbox, found in any case, and a password that works', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { user, password } = done(await directory.addUser(person('Ali.Ahmad@MOH.example', 'n-29')));
    expect(user).toMatchObject({
      address: 'ali.ahmad@moh.example',
      grade: 'N29',
      quotaBytes: null,
      effectiveQuotaBytes: 500 * MB,
      active: true,
      administrator: false,
    });
    expect(user.id).toMatch(/^u[0-9a-z]{16}$/);
    const login = { userId: user.id, agencyId: user.agencyId, address: 'ali.ahmad@moh.example' };
    expect(await directory.findMailbox(address('ALI.AHMAD@moh.example'))).toEqual({
      ...login,
      active: true,
    });
    expect(await directory.authenticate('Ali.Ahmad@moh.example', password)).toEqual(login);
    expect(await directory.currentLogin(user.id)).toEqual(login);
  });

  test('nobody else has a mailbox', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    done(await directory.addUser(person('ali@moh.example', 'N29')));
    for (const text of [
      'ali@jpa.example',
      'al@moh.example',
      'ali+x@moh.example',
      'al_@moh.example',
      '%@moh.example',
    ]) {
      expect(await directory.findMailbox(address(text))).toBeNull();
    }
  });

  test('a wrong name or password is null and says no more', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { password } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    expect(await directory.authenticate('ali@moh.example', `${password} `)).toBeNull();
    expect(await directory.authenticate('ali@moh.example', '')).toBeNull();
    for (const name of [
      'abu@moh.example',
      'ali',
      '',
      'ali+x@moh.example',
      'ali@moh.example\0',
      "' or 1=1 --@x.example",
    ]) {
      expect(await directory.authenticate(name, password)).toBeNull();
    }
  });

  test('a new password takes the place of the old one', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const first = done(await directory.addUser(person('ali@moh.example', 'N29')));
    const second = done(await directory.resetPassword('ALI@moh.example'));
    expect(second.user).toEqual(first.user);
    expect(await directory.authenticate('ali@moh.example', first.password)).toBeNull();
    expect(await directory.authenticate('ali@moh.example', second.password)).not.toBeNull();
    const nobody = 'is not a user; see "geganti user list"';
    expect(await directory.resetPassword('abu@moh.example')).toEqual(
      problem(`address "abu@moh.example" ${nobody}`),
    );
    expect(await directory.resetPassword('abu')).toEqual(problem(`address "abu" ${nobody}`));
  });

  test('a disabled user keeps the mailbox and may not send', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { user, password } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    const database = await place.open();
    await database.updateTable('users').set({ active: 0 }).execute();
    await database.destroy();
    expect(await directory.findMailbox(user.address)).toMatchObject({ active: false });
    expect(await directory.authenticate('ali@moh.example', password)).toBeNull();
    expect(await directory.currentLogin(user.id)).toBeNull();
    expect((await directory.listUsers({ agency: null }))[0]?.active).toBe(false);
  });

  test('a removed user is gone at once', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { user, password } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    const database = await place.open();
    await database.deleteFrom('users').execute();
    await database.destroy();
    expect(await directory.findMailbox(user.address)).toBeNull();
    expect(await directory.authenticate('ali@moh.example', password)).toBeNull();
    expect(await directory.currentLogin(user.id)).toBeNull();
  });

  test('users are listed by address, of one agency or all', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    for (const text of ['b@moh.example', 'a@adm.jpa.example', 'a@moh.example']) {
      done(await directory.addUser(person(text, '10')));
    }
    const list = async (agency: string | null): Promise<string[]> =>
      (await directory.listUsers({ agency })).map((user) => user.address);
    expect(await list(null)).toEqual(['a@adm.jpa.example', 'a@moh.example', 'b@moh.example']);
    expect(await list('moh')).toEqual(['a@moh.example', 'b@moh.example']);
    expect(await list('none')).toEqual([]);
  });

  test('lists are in the order of the alphabet’s codes, whatever the machine’s language', async () => {
    await using place = await newPlace();
    await using directory = await startDirectory(place);
    for (const code of ['a-b', 'ab', 'a1']) {
      done(await directory.addAgency({ ...MOH, code, domains: [`${code}.example`] }));
    }
    const names = ['a_b', 'ab', 'a.b', 'a-b', 'aa'];
    for (const name of names) done(await directory.addUser(person(`${name}@ab.example`, 'N29')));
    expect((await directory.listAgencies()).map(({ code }) => code)).toEqual(['a-b', 'a1', 'ab']);
    const users = await directory.listUsers({ agency: null });
    expect(users.map((user) => user.address.split('@')[0])).toEqual(['a-b', 'a.b', 'a_b', 'aa', 'ab']);
  });

  test('a user is found in any case, and nobody else', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { user } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    expect(await directory.findUser(' ALI@moh.example')).toEqual(user);
    for (const text of ['abu@moh.example', 'ali', '', 'ali@moh.example\0']) {
      expect(await directory.findUser(text)).toBeNull();
    }
  });

  const sizes: [string, string, number][] = [
    ['a@moh.example', 'N29', 500 * MB],
    ['b@moh.example', 'FA44', GB],
    ['c@moh.example', 'M48', 2 * GB],
    ['d@moh.example', 'M54', 4 * GB],
    ['e@moh.example', 'JUSA C', 4 * GB],
    ['f@jpa.example', 'M10', GB],
    ['g@jpa.example', 'M14', 4 * GB],
  ];

  test('the size of a mailbox follows the grade and the agency’s scheme', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    for (const [text, grade, bytes] of sizes) {
      const { user } = done(await directory.addUser(person(text, grade)));
      expect([grade, user.effectiveQuotaBytes]).toEqual([grade, bytes]);
    }
  });

  test('the user’s own size goes before the agency’s, and that before the grade’s', async () => {
    await using place = await newPlace();
    await using directory = await startDirectory(place);
    done(await directory.addAgency({ ...MOH, quotaBytes: 3 * GB }));
    const own = done(await directory.addUser({ ...person('a@moh.example', 'N29'), quotaBytes: 7 * GB }));
    const agency = done(await directory.addUser(person('b@moh.example', 'N29')));
    expect(own.user).toMatchObject({ quotaBytes: 7 * GB, effectiveQuotaBytes: 7 * GB });
    expect(agency.user).toMatchObject({ quotaBytes: null, effectiveQuotaBytes: 3 * GB });
  });

  test('a changed table of grades holds for all users after a start, own sizes aside', async () => {
    await using place = await newPlace();
    {
      await using directory = await withTwoAgencies(place);
      done(await directory.addUser(person('a@moh.example', 'N29')));
      done(await directory.addUser({ ...person('b@moh.example', 'N29'), quotaBytes: 7 * GB }));
      done(await directory.addUser(person('c@moh.example', 'JUSA A')));
      done(await directory.addUser(person('d@jpa.example', 'N5')));
    }
    const classic = [{ upTo: null, quotaBytes: 6 * GB }];
    const grades = { ...defaultSettings().directory.grades, classic, topBytes: 9 * GB };
    await using directory = await startDirectory(place, { grades });
    const users = await directory.listUsers({ agency: null });
    expect(users.map((user) => user.effectiveQuotaBytes / GB)).toEqual([6, 7, 9, 500 / 1024]);
  });

  test('Dovecot’s view has address, id, password with its scheme, size and whether active', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { user } = done(await directory.addUser(person('Ali@moh.example', 'N29')));
    const database = await place.open();
    const rows = await database
      .withTables<{ dovecot_users: object }>()
      .selectFrom('dovecot_users')
      .selectAll()
      .execute();
    await database.destroy();
    expect(rows).toEqual([
      {
        address: 'ali@moh.example',
        user_id: user.id,
        password: expect.stringMatching(
          /^\{ARGON2ID\}\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$=]{22}\$[^$=]{43}$/,
        ),
        quota_bytes: 500 * MB,
        active: 1,
      },
    ]);
  });

  const badAgencies: [string, Partial<NewAgency>, string][] = [
    [
      'a code that is taken',
      { code: 'moh' },
      'code "moh" is taken by "Kementerian Kesihatan"; choose another',
    ],
    [
      'a domain that is taken',
      { domains: ['new.example', 'MOH.example'] },
      'domain "moh.example" is taken by agency moh; choose another',
    ],
    ['a bad value', { name: ' ' }, 'name is empty; write the full name'],
  ];

  test.each(badAgencies)('an agency with %s changes nothing', async (_, change, expected) => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const given = {
      code: 'new',
      name: 'New',
      domains: ['x.example'],
      gradeScheme: 'classic',
      ...change,
    } as const;
    expect(await directory.addAgency(given)).toEqual(problem(expected));
    expect(await directory.listAgencies()).toHaveLength(2);
    expect(await directory.isOurDomain(domain('new.example'))).toBe(false);
  });

  const badUsers: [string, string, string][] = [
    [
      'of a foreign domain',
      'ali@gmail.example',
      'address "ali@gmail.example": the domain gmail.example belongs to no agency; add it to one first',
    ],
    ['that exists', 'ALI@moh.example', 'address "ali@moh.example" exists already; choose another'],
    ['without domain', 'ali', 'address "ali" has no domain; write it like "ali@moh.example"'],
  ];

  test.each(badUsers)('a user %s changes nothing', async (_, text, expected) => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    done(await directory.addUser(person('ali@moh.example', 'N29')));
    expect(await directory.addUser(person(text, 'N41'))).toEqual(problem(expected));
    expect(await directory.listUsers({ agency: null })).toHaveLength(1);
  });

  test('a grade of the other scheme is refused, and the scheme is told', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    expect(await directory.addUser(person('ali@jpa.example', 'N29'))).toEqual(
      problem(expect.stringMatching(/^grade "N29" is not known: this agency has the SSPA grades 1 to 15; /)),
    );
  });

  test('the same user added twice at once exists once', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const changes = await Promise.all(
      [1, 2, 3].map(() => directory.addUser(person('ali@moh.example', 'N29'))),
    );
    expect(changes.map(({ kind }) => kind).sort()).toEqual(['done', 'refused', 'refused']);
    expect(await directory.listUsers({ agency: null })).toHaveLength(1);
  });

  test('no password and no hash is ever logged', async () => {
    const lines: string[] = [];
    const note = (facts: object, text: string): void => void lines.push(JSON.stringify(facts) + text);
    const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
    await using place = await newPlace();
    await using directory = await startDirectory(place, { log });
    done(await directory.addAgency(MOH));
    const { password } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    await directory.authenticate('ali@moh.example', password);
    const { secret } = done(await directory.addToken({ name: 'console', right: 'read', expiresAt: null }));
    done(await directory.changeUser('ali@moh.example', { name: 'Ali' }));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('\n')).not.toContain(password);
    expect(lines.join('\n')).not.toContain('argon2');
    expect(lines.join('\n')).not.toContain(secret);
  });

  test('closing twice is harmless', async () => {
    await using place = await newPlace();
    const directory = await withTwoAgencies(place);
    await directory[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });
});
