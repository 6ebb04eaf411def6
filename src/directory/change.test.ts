/** Changes of agencies and users, and how soon they hold. */
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
import type { AgencyChanges, UserChanges } from './directory.ts';

describeDirectory((newPlace) => {
  test('a domain that another process adds is ours at once, one that it takes away within a second', async () => {
    await using place = await newPlace();
    const time = { now: NOW };
    await using receiver = await startDirectory(place, { time });
    await using other = await withTwoAgencies(place);
    const isOurs = (): Promise<boolean> => receiver.isOurDomain(domain('new.example'));
    expect(await isOurs()).toBe(false);
    done(await other.changeAgency('moh', { addDomains: ['new.example'] }));
    expect(await isOurs()).toBe(true);
    const database = await place.open();
    await database.deleteFrom('domains').where('domain', '=', domain('new.example')).execute();
    await database.destroy();
    time.now += 999;
    expect(await isOurs()).toBe(true);
    time.now += 1;
    expect(await isOurs()).toBe(false);
  });

  test('an agency gets a new name, further domains, and a size for those without their own', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    done(await directory.addUser(person('a@moh.example', 'N29')));
    done(await directory.addUser({ ...person('b@moh.example', 'N29'), quotaBytes: 7 * GB }));
    done(await directory.addUser(person('c@jpa.example', 'N5')));
    const sizes = async (): Promise<number[]> =>
      (await directory.listUsers({ agency: null })).map((user) => user.effectiveQuotaBytes / MB);

    const changes = { name: ' KKM ', quotaBytes: 3 * GB, addDomains: ['moh.example', 'kkm.example'] };
    const changed = done(await directory.changeAgency('moh', changes));
    expect(changed).toMatchObject({
      code: 'moh',
      name: 'KKM',
      domains: ['moh.example', 'kkm.example'],
      quotaBytes: 3 * GB,
    });
    expect(await directory.listAgencies()).toContainEqual(changed);
    expect(await sizes()).toEqual([3072, 7168, 500]);
    done(await directory.addUser(person('d@kkm.example', 'N29')));

    expect(done(await directory.changeAgency('moh', { quotaBytes: null })).name).toBe('KKM');
    expect(await sizes()).toEqual([500, 7168, 500, 500]);
    expect(done(await directory.changeAgency('moh', {}))).toEqual({ ...changed, quotaBytes: null });
  });

  const badChanges: [string, string, AgencyChanges, string][] = [
    ['that is none', 'kkm', { name: 'x' }, 'code "kkm" is not an agency; see "geganti agency list"'],
    [
      'that cannot be one',
      'a\0',
      { name: 'x' },
      'code "a\\u0000" is not an agency; see "geganti agency list"',
    ],
    [
      'and a domain that is taken',
      'moh',
      { name: 'x', addDomains: ['new.example', 'JPA.example'] },
      'domain "jpa.example" is taken by agency jpa; choose another',
    ],
    [
      'and a bad domain',
      'moh',
      { addDomains: ['x'] },
      'domain "x" is not a mail domain; write it like "moh.example"',
    ],
    ['and an empty name', 'moh', { name: '' }, 'name is empty; write the full name'],
    [
      'and a bad size',
      'moh',
      { quotaBytes: 1 },
      'quota 1 is no size of a mailbox; write one from 1 MB to 1 TB',
    ],
  ];

  test.each(badChanges)('a change of an agency %s changes nothing', async (_, code, changes, expected) => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const before = await directory.listAgencies();
    expect(await directory.changeAgency(code, changes)).toEqual(problem(expected));
    expect(await directory.listAgencies()).toEqual(before);
  });

  const userChanges: [string, number | null, UserChanges, object][] = [
    ['name', null, { name: ' Ali bin Abu ' }, { name: 'Ali bin Abu' }],
    ['grade, and with it the size', null, { grade: 'm-48' }, { grade: 'M48', effectiveQuotaBytes: 2 * GB }],
    ['grade beside an own size', 7 * GB, { grade: 'M48' }, { grade: 'M48' }],
    ['own size', null, { quotaBytes: 5 * GB }, { quotaBytes: 5 * GB, effectiveQuotaBytes: 5 * GB }],
    ['size by grade', 7 * GB, { quotaBytes: null }, { quotaBytes: null, effectiveQuotaBytes: 500 * MB }],
    ['duty', null, { administrator: true }, { administrator: true }],
    ['nothing', 7 * GB, {}, {}],
  ];

  test.each(userChanges)(
    'a user gets a new %s, and all else stays',
    async (_, quotaBytes, changes, expected) => {
      await using place = await newPlace();
      await using directory = await withTwoAgencies(place);
      const given = { ...person('ali@moh.example', 'N29'), quotaBytes };
      const { user, password } = done(await directory.addUser(given));
      const changed = done(await directory.changeUser('ALI@moh.example', changes));
      expect(changed).toEqual({ ...user, ...expected });
      expect(await directory.findUser('ali@moh.example')).toEqual(changed);
      expect(await directory.authenticate('ali@moh.example', password)).not.toBeNull();
    },
  );

  test('a user who is disabled may not send any more, at once and in every process, until enabled again', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    await using receiver = await startDirectory(place);
    const { user, password } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    expect(await receiver.currentLogin(user.id)).not.toBeNull();
    expect(done(await directory.changeUser('ali@moh.example', { active: false })).active).toBe(false);
    expect(await receiver.currentLogin(user.id)).toBeNull();
    expect(await receiver.authenticate('ali@moh.example', password)).toBeNull();
    expect(await receiver.findMailbox(user.address)).toMatchObject({ active: false });
    done(await directory.changeUser('ali@moh.example', { active: true }));
    expect(await receiver.authenticate('ali@moh.example', password)).not.toBeNull();
  });

  const badUserChanges: [string, string, UserChanges, string | RegExp][] = [
    [
      'who is none',
      'abu@moh.example',
      { name: 'x' },
      'address "abu@moh.example" is not a user; see "geganti user list"',
    ],
    ['who cannot be one', 'abu', {}, 'address "abu" is not a user; see "geganti user list"'],
    ['and a bad grade', 'ali@moh.example', { name: 'x', grade: 'Z99' }, /^grade "Z99" is not known: /],
    ['and an empty name', 'ali@moh.example', { name: ' ' }, 'name is empty; write the full name'],
    ['and a bad size', 'ali@moh.example', { quotaBytes: 0 }, /^quota 0 is no size of a mailbox; /],
  ];

  test.each(badUserChanges)('a change of a user %s changes nothing', async (_, text, changes, expected) => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const { user } = done(await directory.addUser(person('ali@moh.example', 'N29')));
    const change = await directory.changeUser(text, changes);
    expect(change).toEqual(problem(expect.stringMatching(expected)));
    expect(await directory.listUsers({ agency: null })).toEqual([user]);
  });

  test('the active administrators of an agency are found by each of its domains', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    const administrator = true;
    for (const text of ['b@jpa.example', 'a@adm.jpa.example', 'off@jpa.example', 'x@moh.example']) {
      done(await directory.addUser({ ...person(text, '10'), administrator }));
    }
    done(await directory.addUser(person('plain@jpa.example', '10')));
    done(await directory.changeUser('off@jpa.example', { active: false }));
    const found = async (text: string): Promise<string[]> =>
      (await directory.findAdministrators(domain(text))).map((mailbox) => mailbox.address);
    expect(await found('jpa.example')).toEqual(['a@adm.jpa.example', 'b@jpa.example']);
    expect(await found('adm.jpa.example')).toEqual(['a@adm.jpa.example', 'b@jpa.example']);
    expect(await found('other.example')).toEqual([]);
    const first = (await directory.findAdministrators(domain('moh.example')))[0];
    expect(first).toEqual(await directory.findMailbox(address('x@moh.example')));
    done(await directory.changeUser('x@moh.example', { administrator: false }));
    expect(await found('moh.example')).toEqual([]);
  });

  test('changes at once do not get in each other’s way', async () => {
    await using place = await newPlace();
    await using directory = await withTwoAgencies(place);
    done(await directory.addUser(person('ali@moh.example', 'N29')));
    const agency = { ...MOH, code: 'new', domains: ['new.example'] };
    const added = await Promise.all([1, 2].map(() => directory.addAgency(agency)));
    expect(added.map(({ kind }) => kind).sort()).toEqual(['done', 'refused']);
    await Promise.all([
      directory.changeUser('ali@moh.example', { grade: 'M48' }),
      directory.changeAgency('moh', { quotaBytes: 3 * GB }),
      directory.changeUser('ali@moh.example', { name: 'Ali' }),
      directory.changeAgency('moh', { addDomains: ['kkm.example'] }),
    ]);
    expect(await directory.findUser('ali@moh.example')).toMatchObject({
      name: 'Ali',
      grade: 'M48',
      effectiveQuotaBytes: 3 * GB,
    });
  });
});
