/** Each attack is seen by the inspector of the doors or by the box, and of the honest corpus nothing is stopped. No server is asked. */
import { afterAll, describe, expect, test } from 'vitest';
import { DIRECTIONS, REASONS } from '../../src/mail/finding.ts';
import { octets } from './build-message.ts';
import { CASES, CONTENT_CASES, TWINS } from './cases.ts';
import { HONEST } from './honest.ts';
import { ALLOWED_TENANT, TENANTS } from './honest-links.ts';
import { actionOn, actionsOn, FROM_OUTSIDE, inspect, openBox, POLICY, WHO } from './inspecting.ts';
import type { Case, Honest } from './sample.ts';

const box = openBox();
afterAll(() => box[Symbol.asyncDispose]());

const contentOf = (sample: Case | Honest): Buffer => octets(sample.build(WHO));

describe('attacks', () => {
  test('there are 200 at least, of different names and different octets', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(200);
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
    const small = CASES.filter(({ reason }) => reason !== 'attachment-size');
    expect(new Set(small.map((one) => one.build(WHO))).size).toBe(small.length);
  });

  test.for(CONTENT_CASES.filter(({ where }) => where === 'door'))('$name', (one) => {
    const { found } = inspect(contentOf(one));
    expect(found.map(({ reason }) => reason)).toContain(one.reason);
    for (const direction of DIRECTIONS)
      expect(actionsOn(found, direction)).toContain(actionOn(one, direction));
  });

  test.for(CONTENT_CASES.filter(({ where }) => where === 'worker'))('$name', async (one) => {
    const content = contentOf(one);
    expect(inspect(content).unopened).toBe(true);
    const found = await box.inspect(content);
    expect(found.map(({ reason }) => reason)).toContain(one.reason);
    for (const direction of DIRECTIONS)
      expect(actionsOn(found, direction)).toContain(actionOn(one, direction));
  });
});

describe('honest mail', () => {
  test('there are 500 at least, of different names and different octets', () => {
    expect(HONEST.length).toBeGreaterThanOrEqual(500);
    expect(new Set(HONEST.map(({ name }) => name)).size).toBe(HONEST.length);
    expect(new Set(HONEST.map((one) => one.build(WHO))).size).toBe(HONEST.length);
  });

  test.for([...HONEST, ...TWINS])('passes: $name', async (one) => {
    const content = contentOf(one);
    const { found, unopened } = inspect(content);
    const all = unopened ? await box.inspect(content) : found;
    expect([...new Set(all.map(({ reason }) => reason))]).toEqual(one.observed ? [one.observed] : []);
  });

  test('a tenant on the allow-list passes for its agency, and for nobody else', () => {
    const host = { host: ALLOWED_TENANT, paths: [], except: [], comment: '' };
    const policy = { ...POLICY, storage: { ...POLICY.storage, allowed: { moh: [host] } } };
    for (const one of TENANTS) {
      const content = contentOf(one);
      expect(inspect(content, FROM_OUTSIDE, policy).found).toEqual([]);
      for (const agencies of [['mot'], ['moh', 'mot'], []]) {
        const { found } = inspect(content, { direction: 'in', agencies }, policy);
        expect(found.map(({ reason }) => reason)).toEqual(['external-storage']);
      }
    }
  });
});

test('every reason of the content rules has cases', () => {
  const scanners = ['unscannable', 'junk', 'sealed'];
  const cased = new Set<string>(CASES.map(({ reason }) => reason));
  expect(REASONS.filter((reason) => !cased.has(reason) && !scanners.includes(reason))).toEqual([]);
});
