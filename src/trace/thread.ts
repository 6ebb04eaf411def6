/**
 * The thread of the delivery log: what runs in it. Making rows and searching block nobody but this thread. It is started
 * by `thread-owner.ts`, and speaks with it in the messages of `thread-calls.ts`.
 *
 * SQLite that cannot be opened is a mistake of the settings, said at once; PostgreSQL may come later than we do.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openTraceDatabase } from '../db/open.ts';
import { Away, messageOf, Problem } from '../lib/problem.ts';
import { Projector } from './projector.ts';
import { childrenOf, eventsOf, factsOf, recentOf } from './rows.ts';
import type { TraceDatabase, TraceSchema } from './schema.ts';
import { search } from './search.ts';
import type { Call, Request, ThreadStart, ToOwner } from './thread-calls.ts';

const port = parentPort;
if (port === null) throw new Error('this file is a thread');
const { folder, database: place, timezone, patient }: ThreadStart = workerData;

const tell = (message: ToOwner): void => port.postMessage(message);
const log = {
  info: (facts: object, text: string) => tell({ kind: 'log', level: 'info', facts, text }),
  warn: (facts: object, text: string) => tell({ kind: 'log', level: 'warn', facts, text }),
  error: (facts: object, text: string) => tell({ kind: 'log', level: 'error', facts, text }),
};

let opened: Promise<TraceDatabase> | null = null;

function database(): Promise<TraceDatabase> {
  opened ??= openTraceDatabase<TraceSchema>(place).catch((error: unknown) => {
    opened = null;
    throw new Away(messageOf(error));
  });
  return opened;
}

async function answer(projector: Projector, call: Call): Promise<unknown> {
  switch (call.name) {
    case 'search':
      await projector.caughtUp();
      return await search(await database(), ...call.args);
    case 'events':
      await projector.caughtUp();
      return await eventsOf(await database(), ...call.args);
    case 'children':
      await projector.caughtUp();
      return await childrenOf(await database(), ...call.args);
    case 'recent':
      await projector.caughtUp();
      return await recentOf(await database(), ...call.args);
    case 'facts':
      await projector.caughtUp();
      return await factsOf(await database(), ...call.args);
    case 'status':
      return await projector.status();
    case 'prune':
      return await projector.prune(...call.args);
    case 'close':
      return await close(projector);
  }
}

async function close(projector: Projector): Promise<void> {
  await projector[Symbol.asyncDispose]();
  const database = await opened?.catch(() => null);
  await database?.destroy();
}

async function serve(projector: Projector, request: Request): Promise<void> {
  const { number } = request;
  try {
    tell({ kind: 'answer', number, value: await answer(projector, request) });
  } catch (error) {
    // A database that is away is nobody's mistake.
    const problem = error instanceof Problem && !(error instanceof Away);
    tell({ kind: 'failed', number, message: messageOf(error), problem });
  }
  if (request.name === 'close') port?.close();
}

function start(): void {
  const projector = new Projector({ database, folder, timezone, log });
  port?.on('message', (request: Request) => void serve(projector, request));
  tell({ kind: 'open', problem: null });
}

if (patient || place.kind === 'postgresql') start();
else await database().then(start, (error: unknown) => tell({ kind: 'open', problem: messageOf(error) }));
