/**
 * A crash between a fact and its row changes nothing: on the real stack the process that makes rows is killed while
 * they are behind, and again while it catches up. Afterwards there is one row for each fact, and each recipient's entry
 * says how it ended.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { LogEntry, LogPage } from '../../src/http/resources.ts';
import {
  finals,
  letterText,
  logLines,
  type Running,
  type RunningUser,
  sendOver,
  startRunning,
} from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';
const ROUNDS = 2;
const MESSAGES = 30;

/** While it is used, nobody else can write rows. */
function holdRows({ data }: Running): Disposable {
  const db = new DatabaseSync(join(data, 'trace', 'trace.db'), { timeout: 5_000 });
  db.exec('begin immediate');
  return { [Symbol.dispose]: () => db.close() };
}

function rowsOf({ data }: Running): string[] {
  const db = new DatabaseSync(join(data, 'trace', 'trace.db'), { readOnly: true });
  const rows = db.prepare('select event from events order by event').all();
  db.close();
  return rows.map(({ event }) => String(event));
}

async function entriesOf({ api }: Running): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: LogPage = await api.get(`/log?limit=500${cursor && `&cursor=${cursor}`}`);
    entries.push(...page.entries);
    cursor = page.next;
  }
  return entries;
}

async function sendMany(running: Running, to: readonly RunningUser[]): Promise<void> {
  const dialogue = await running.connect('mx');
  for (let n = 0; n < MESSAGES; n++) {
    const answer = await sendOver(dialogue, {
      door: 'mx',
      from: WONG,
      to,
      content: letterText(WONG, `${n}`),
    });
    expect(answer.id).not.toBeNull();
  }
  dialogue.destroy();
}

/** kill -9. Resolves when the supervisor's next one answers. */
function kill(running: Running, name: string): { readonly back: Promise<unknown> } {
  const { pid } = running.part(name);
  running.kill(name);
  const look = () => {
    const part = running.part(name);
    return part.state === 'ready' && part.pid !== pid ? true : undefined;
  };
  return { back: waitFor(`${name} to be back`, look) };
}

describe.each([
  { processes: '2', maker: 'work' },
  { processes: '1', maker: 'geganti' },
])('a server of $processes', ({ processes, maker }) => {
  test('killed while rows are behind, and while it catches up: rows and lines are the same facts', async () => {
    await using running = await startRunning({ GEGANTI_STACK_PROCESSES: processes });
    const to = [
      await running.addUser({ address: 'aminah@moh.example' }),
      await running.addUser({ address: 'badrul@moh.example' }),
    ];
    for (let round = 1; round <= ROUNDS; round++) {
      let killed: ReturnType<typeof kill>;
      {
        using _ = holdRows(running);
        const before = rowsOf(running).length;
        await sendMany(running, to);
        await waitFor('the lines of all of them', () =>
          finals(logLines(running.data)).length >= round * MESSAGES * to.length ? true : undefined,
        );
        expect((await running.status()).log.behindBytes).toBeGreaterThan(0);
        expect(rowsOf(running)).toHaveLength(before);
        killed = kill(running, maker);
      }
      await killed.back;
      await kill(running, maker).back;
    }

    await waitFor('the rows', async () => (await running.status()).log.behindBytes === 0 || undefined);
    const lines = logLines(running.data);
    const facts = new Set(lines.map(({ event }) => event));
    expect(rowsOf(running)).toEqual([...facts].sort());

    const entries = await entriesOf(running);
    const shown = entries.map(({ id, recipient, outcome }) => `${id} ${recipient} ${outcome}`);
    const ended = new Set(
      finals(lines).map((event) => `${event.id} ${'recipient' in event && event.recipient} ${event.kind}`),
    );
    expect(shown.sort()).toEqual([...ended].sort());
    expect(new Set(entries.map(({ outcome }) => outcome))).toEqual(new Set(['delivered']));
    expect(entries).toHaveLength(ROUNDS * MESSAGES * to.length);
  });
});
