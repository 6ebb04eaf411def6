/** What the API takes and answers about the content rules; `resources.ts` has the rest of the contract. */
import { z } from 'zod';
import { ACTIONS, DIRECTIONS } from '../mail/finding.ts';
import { BYTES, list, REASON } from './event-resources.ts';

const ADDRESS = z.string().min(1).max(320);

export const POLICY_TEST_REQUEST = z
  .strictObject({
    content: z.string().meta({ description: 'the message, header first, in base64' }),
    as: ADDRESS.meta({ description: 'whose mail it is: an address of one of our domains' }),
    fromOutside: z.boolean().exactOptional().meta({
      description: 'true: somebody outside sends it to that address; absent: that address sends it',
    }),
    to: z.array(ADDRESS).max(1_000).readonly().exactOptional().meta({
      description: 'recipients; absent, and not from outside: somebody who is not ours',
    }),
  })
  .meta({ id: 'PolicyTestRequest' });

const PLACE = z.strictObject({
  detail: z.string().meta({ description: 'the link (made harmless), the file, the fault' }),
  part: z.string().nullable().meta({ description: 'number of the part; null: the message' }),
});

export const POLICY_TEST = z
  .strictObject({
    direction: z.enum(DIRECTIONS),
    agencies: list(z.string()).meta({ description: 'codes of those whose allow-lists count' }),
    sizeBytes: BYTES,
    outcome: z
      .enum(['deliver', 'junk', 'quarantine', 'refuse'])
      .meta({ description: 'by the content rules alone: the scanners are not asked' }),
    reply: list(z.string())
      .nullable()
      .meta({ description: 'what its sender is answered, line by line; null: it is accepted' }),
    rules: list(
      z.strictObject({
        reason: REASON,
        asked: z.boolean().meta({ description: 'false: left to the scanners' }),
        action: z.enum(ACTIONS).nullable().meta({
          description: 'what is done in that direction when it is found; null: it is not looked for',
        }),
        found: list(PLACE),
      }),
    ).meta({ description: 'each rule, heaviest first' }),
  })
  .meta({ id: 'PolicyTest' });

export type PolicyTestRequest = z.infer<typeof POLICY_TEST_REQUEST>;
export type PolicyTest = z.infer<typeof POLICY_TEST>;
