import { expect, test } from 'vitest';
import type { Agency } from '../directory/directory.ts';
import type { AgencyId } from '../mail/envelope.ts';
import { createAgencyCodes } from './agency-codes.ts';

function id(text: string): AgencyId {
  return text as AgencyId;
}

function agency(code: string): Agency {
  return {
    id: id(`id-${code}`),
    code,
    name: code,
    domains: [],
    gradeScheme: 'classic',
    quotaBytes: null,
    createdAt: 0,
  };
}

function setup() {
  const agencies = [agency('moh'), agency('moe')];
  const state = { now: 0, asked: 0, fail: false };
  const codes = createAgencyCodes({
    directory: {
      async listAgencies() {
        state.asked++;
        if (state.fail) throw new Error('away');
        return [...agencies];
      },
    },
    clock: { elapsedMs: () => state.now },
  });
  return { agencies, state, codes };
}

test('codes are asked for once, and each comes once', async () => {
  const { state, codes } = setup();
  expect(await codes.codesOf([id('id-moh'), id('id-moe'), id('id-moh')])).toEqual(['moh', 'moe']);
  state.now = 1e9;
  expect(await codes.codesOf([id('id-moe')])).toEqual(['moe']);
  expect(state.asked).toBe(1);
});

test('many who ask at the same time cost one question', async () => {
  const { state, codes } = setup();
  await Promise.all(Array.from({ length: 50 }, () => codes.codesOf([id('id-moh')])));
  expect(state.asked).toBe(1);
});

test('a new agency is found a second later at the latest; until then its id stands for it', async () => {
  const { agencies, state, codes } = setup();
  expect(await codes.codesOf([id('id-new')])).toEqual(['id-new']);
  agencies.push(agency('new'));
  state.now = 999;
  expect(await codes.codesOf([id('id-new')])).toEqual(['id-new']);
  state.now = 1_000;
  expect(await codes.codesOf([id('id-new')])).toEqual(['new']);
  expect(state.asked).toBe(2);
});

test('what the directory cannot tell now is asked again by the next one', async () => {
  const { state, codes } = setup();
  state.fail = true;
  await expect(codes.codesOf([id('id-moh')])).rejects.toThrow('away');
  state.fail = false;
  expect(await codes.codesOf([id('id-moh')])).toEqual(['moh']);
});
