/** Every attack through the real doors: what the client is answered, what the log says, and that nothing of it is in a mailbox. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyTest, RecordedEvent } from '../../src/http/resources.ts';
import { REASON_CATALOGUE } from '../../src/rules/catalogue.ts';
import { octets } from './build-message.ts';
import { CASES } from './cases.ts';
import { actionOn, WHO } from './inspecting.ts';
import {
  DIRECTION_AT,
  eventsBySender,
  idsIn,
  type Office,
  openOffice,
  POST_DOORS,
  type Post,
} from './posting.ts';
import type { Case } from './sample.ts';

const MINUTES = 10;

let office: Office;
let posts: readonly Post<Case>[];
let events: ReadonlyMap<string, readonly RecordedEvent[]>;

beforeAll(async () => {
  office = await openOffice();
  posts = await office.postAll(CASES);
  const { running } = office;
  for (const { answer } of posts) if (answer.id) await running.ended(answer.id, 1);
  events = eventsBySender(running.data);
}, MINUTES * 60_000);
afterAll(() => office?.[Symbol.asyncDispose]());

function postOf(one: Case, door: Post<Case>['door']): Post<Case> {
  const found = posts.find((post) => post.sample === one && post.door === door);
  if (!found) throw new Error(`${one.name} was not sent`);
  return found;
}

function reasonsIn(all: readonly RecordedEvent[]): string[] {
  return all.flatMap((event) => {
    if (event.kind === 'refused') return [...(event.reasons ?? [])];
    return event.kind === 'scanned' ? (event.verdict.findings ?? []).map(({ reason }) => reason) : [];
  });
}

describe.for(POST_DOORS)('%s', (door) => {
  test.for(CASES)('$name', (one) => {
    const { answer, sender } = postOf(one, door);
    const told = events.get(sender) ?? [];
    const action = actionOn(one, DIRECTION_AT[door]);
    expect(reasonsIn(told), JSON.stringify(told)).toContain(one.reason);
    switch (action) {
      case 'refuse': {
        expect(answer).toMatchObject({ reply: expect.stringMatching(/^5\d\d/), id: null });
        const refused = told.find((event) => event.kind === 'refused');
        const heaviest = refused?.kind === 'refused' ? refused.reasons?.[0] : undefined;
        const { code, enhanced } = REASON_CATALOGUE[heaviest ?? one.reason];
        expect(answer.reply).toContain(`${code} ${enhanced} `);
        break;
      }
      case 'quarantine':
        expect(answer.reply).toMatch(/^250 /);
        expect(told.at(-1)).toMatchObject({ kind: 'quarantined' });
        break;
      default:
        expect(answer.reply).toMatch(/^250 /);
        expect(told.at(-1)).toMatchObject({ kind: 'delivered', folder: 'INBOX' });
    }
  });
});

test('nothing of it is in a mailbox but what the rules let pass', async () => {
  const passing = posts.filter(({ sample, door }) => {
    const action = actionOn(sample, DIRECTION_AT[door]);
    return action !== 'refuse' && action !== 'quarantine';
  });
  await using mailbox = await office.running.mailbox(office.recipient);
  const headers = (await Promise.all(['INBOX', 'Junk'].map((folder) => mailbox.headers(folder)))).flat();
  expect(idsIn(headers.map(({ header }) => header)).sort()).toEqual(passing.map(({ id }) => id).sort());
});

test('a SIZE that lies makes no message smaller', async () => {
  const large = CASES.find(({ reason }) => reason === 'attachment-size');
  const dialogue = await office.running.connect('mx');
  await dialogue.ask('MAIL FROM:<wong@partner.example> SIZE=10', /^250 /);
  await dialogue.ask(`RCPT TO:<${office.recipient.address}>`, /^250 /);
  await dialogue.ask('DATA', /^354 /);
  await dialogue.send(`${large?.build(WHO)}.\r\n`);
  await dialogue.expect(/^552-5\.3\.4 .*10 MB.*Big Mail Transfer/);
  dialogue.destroy();
});

test('an operator is told beforehand what the doors do', async () => {
  const tried = CASES.filter(({ name }) =>
    /\.docx in a zip$|in a tar\.gz$|^sealed up: a PDF|^shortened/.test(name),
  );
  expect(tried.length).toBeGreaterThan(5);
  for (const one of tried) {
    const { outcome, reply } = await office.running.api.post<PolicyTest>('/policy/test', {
      content: octets(one.build(WHO)).toString('base64'),
      as: office.sender.address,
      to: [office.recipient.address],
    });
    if (one.reason === 'virus') continue;
    expect(outcome, one.name).toBe(actionOn(one, 'within'));
    const said = postOf(one, 'submission').answer.reply;
    if (reply) expect(said.replaceAll(/^\d{3}-/gm, (code) => `${code.slice(0, 3)} `)).toBe(reply.join('\n'));
  }
});

test('nothing is left waiting', async () => {
  expect((await office.running.queue()).total).toBe(0);
});
