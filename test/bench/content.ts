/**
 * What the look at a message's content costs at the door: the walk alone and the whole inspector, for small and large
 * messages of text, of markup and with a file; and the memory that a session holds while its message comes.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createWalk } from '../../src/mail/parts.ts';
import { createInspector } from '../../src/rules/inspect.ts';
import {
  base64,
  entity,
  head,
  lines,
  message,
  multipart,
  octets,
  text,
  type Who,
} from '../content/build-message.ts';
import { FROM_OUTSIDE, POLICY } from '../content/inspecting.ts';

interface Reader {
  write(chunk: Buffer): void;
  end(): unknown;
}

const SIZES = { '20 kB': 20_000, '10 MB': 10_000_000 } as const;
/** As a socket gives them. */
const CHUNK_BYTES = 65_536;
const MEASURE_MS = 1_000;
const SESSIONS = 100;
const MOST_BYTES = 2 * 1024 ** 2;
const WHO: Who = { from: 'ali@partner.example', to: 'siti@moh.example', id: 'bench' };

const ROW = 'Mesyuarat pagi esok jam 9, sila bawa laporan kewangan; lihat https://www.moh.example/laporan/3.';
const rows = (row: string, size: number): string =>
  lines(...Array.from({ length: Math.ceil(size / row.length) }, () => row));

const KINDS: Readonly<Record<string, (size: number) => string>> = {
  text: (size) => text('plain', rows(ROW, size)),
  HTML: (size) =>
    text(
      'html',
      rows(
        `<tr><td style="color:#333">${ROW}</td><td><a href="https://www.moh.example/x">x</a></td></tr>`,
        size,
      ),
    ),
  'a file': (size) => {
    const fields = ['Content-Type: image/jpeg; name="a.jpg"', 'Content-Transfer-Encoding: base64'];
    return multipart('mixed', 'b', [
      text('plain', rows(ROW, 500)),
      entity(fields, base64(Buffer.alloc(size * 0.73, 7))),
    ]);
  },
};

const READERS: Readonly<Record<string, () => Reader>> = {
  walk: () => createWalk({ part: () => ({ write: () => undefined, end: () => undefined }) }),
  inspector: () => createInspector({ policy: POLICY, judged: FROM_OUTSIDE }),
};

/** Prints MB/s, and the memory of a session. Throws when a session holds more than it may. */
export async function benchContent(): Promise<void> {
  for (const [sizeName, size] of Object.entries(SIZES)) {
    for (const [kind, make] of Object.entries(KINDS)) {
      const content = octets(message(head(WHO, 'Ukuran'), make(size)));
      const speeds = Object.entries(READERS).map(
        ([name, open]) => `${name} ${speed(content, open).toFixed(0)} MB/s`,
      );
      console.log(`content: ${sizeName} of ${kind}: ${speeds.join(', ')}`);
    }
  }
  const held = Object.entries(KINDS).map(([kind, make]) => {
    const content = octets(message(head(WHO, 'Ukuran'), make(SIZES['10 MB'])));
    return [kind, heldBySession(content)] as const;
  });
  const shown = held.map(([kind, bytes]) => `${kind} ${(bytes / 1024).toFixed(0)} kB`);
  console.log(`content: held by each of ${SESSIONS} sessions half way through 10 MB: ${shown.join(', ')}`);
  const most = Math.max(...held.map(([, bytes]) => bytes));
  if (most > MOST_BYTES) throw new Error(`content: a session holds ${most} octets, more than ${MOST_BYTES}`);
}

function speed(content: Buffer, open: () => Reader): number {
  const read = (): void => {
    const reader = open();
    feed(reader, content);
    reader.end();
  };
  read();
  const begun = performance.now();
  let done = 0;
  while (performance.now() - begun < MEASURE_MS) {
    read();
    done += content.length;
  }
  return done / 1000 / (performance.now() - begun);
}

function feed(reader: Reader, content: Buffer): void {
  for (let at = 0; at < content.length; at += CHUNK_BYTES) {
    // A copy: what a session keeps must not be the message itself, which the bench holds anyway.
    reader.write(Buffer.from(content.subarray(at, at + CHUNK_BYTES)));
  }
}

/** On the heap and outside of it, once what is not held any more is gone. */
function heldBySession(content: Buffer): number {
  const half = content.subarray(0, content.length / 2);
  const before = inUse();
  const sessions = Array.from({ length: SESSIONS }, () => {
    const inspector = createInspector({ policy: POLICY, judged: FROM_OUTSIDE });
    feed(inspector, half);
    return inspector;
  });
  const after = inUse();
  // They are in use until here.
  for (const session of sessions) session.end();
  return Math.max(0, after - before) / SESSIONS;
}

function inUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('content: memory cannot be collected');
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) await benchContent();
