/**
 * The shapes that the server is run in: one process or two, on SQLite or PostgreSQL. What must hold in each of them is a
 * list of tests that takes the shape.
 */
import { startPostgres } from './postgres.ts';
import { type Running, startRunning } from './running.ts';

export interface Shape {
  readonly name: string;
  readonly processes: 1 | 2;
  /** Of directory and delivery log. */
  readonly database: 'SQLite' | 'PostgreSQL';
}

export const ONE_SQLITE = shape(1, 'SQLite');
export const TWO_SQLITE = shape(2, 'SQLite');
export const ONE_POSTGRESQL = shape(1, 'PostgreSQL');
export const TWO_POSTGRESQL = shape(2, 'PostgreSQL');
export const SHAPES: readonly Shape[] = [ONE_SQLITE, TWO_SQLITE, ONE_POSTGRESQL, TWO_POSTGRESQL];

/** As `startRunning`, with a PostgreSQL of its own where the shape has one. */
export async function startInShape(
  { processes, database }: Shape,
  env: Parameters<typeof startRunning>[0] = {},
): Promise<Running> {
  await using starting = new AsyncDisposableStack();
  const databases = database === 'SQLite' ? {} : await postgresql(starting);
  const running = await startRunning(async (data) => ({
    ...(typeof env === 'function' ? await env(data) : env),
    ...databases,
    GEGANTI_STACK_PROCESSES: String(processes),
  }));
  starting.use(running);
  const owned = starting.move();
  return { ...running, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function postgresql(starting: AsyncDisposableStack): Promise<Record<string, string>> {
  const postgres = starting.use(await startPostgres());
  return {
    GEGANTI_DATABASE_DIRECTORY: await postgres.url('directory'),
    GEGANTI_DATABASE_TRACE: await postgres.url('trace'),
  };
}

function shape(processes: Shape['processes'], database: Shape['database']): Shape {
  return { name: `${processes === 1 ? 'one process' : 'two processes'}, ${database}`, processes, database };
}
