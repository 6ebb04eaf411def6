/** What the tests of opening a database share, on SQLite and on PostgreSQL. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DatabasePlace } from '../../src/config/settings.ts';
import type { Migrations } from '../../src/db/migrate.ts';
import type { DatabaseKind } from '../../src/db/open.ts';
import { Problem } from '../../src/lib/problem.ts';

export function kindOf(migrations: Migrations): DatabaseKind {
  return {
    key: 'database.test',
    migrations,
    migrationTable: 'test_migration',
    synced: true,
    connections: 2,
    statementMs: 1000,
  };
}

export async function problemOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof Problem)) throw error;
  if (error.message.includes('\n')) throw new Error(`several lines: ${error.message}`);
  return error.message;
}

/** Opens the directory's database in so many processes at the same moment; what came of each: "open", or its error. */
export async function openAtOnce(place: DatabasePlace, processes: number): Promise<string[]> {
  const open = pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'db', 'open.ts')).href;
  const program = `const { openDirectoryDatabase } = await import(${JSON.stringify(open)});
    process.stdout.write('ready ');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    try {
      const db = await openDirectoryDatabase(${JSON.stringify(place)});
      await db.selectFrom('users').selectAll().execute();
      await db.destroy();
      process.stdout.write('open');
    } catch (error) { process.stdout.write(String(error)); }
    process.exit();`;
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  try {
    const said = children.map(() => '');
    const ready = children.map((child, index) => {
      return new Promise<void>((resolve) =>
        child.stdout.on('data', (octets) => {
          said[index] += String(octets);
          resolve();
        }),
      );
    });
    const ended = children.map((child) => new Promise((resolve) => child.once('close', resolve)));
    await Promise.all(ready);
    for (const child of children) child.stdin.write('go');
    await Promise.all(ended);
    return said.map((text) => text.replace(/^ready /, ''));
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}
