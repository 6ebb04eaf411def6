/**
 * What people get to read when their input is wrong: one line that names the thing, its value and the cure.
 * `main.ts` prints a Problem without a stack trace; every other error is a bug and keeps its trace.
 */
export class Problem extends Error {
  override name = 'Problem';
}

/** One that may pass by itself: a program that we need is not there now. */
export class Away extends Problem {
  override name = 'Away';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `ENOSPC`, `EADDRINUSE` … of a Node system error; null of anything else. */
export function errorCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : null;
}
