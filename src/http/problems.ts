/** What callers read when something is wrong: RFC 9457, one line of detail. Unknown errors tell nothing of the inside. */
import { STATUS_CODES } from 'node:http';
import { Away, Problem } from '../lib/problem.ts';
import type { ProblemDetails } from './resources.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export function problem(status: number, detail: string): ProblemDetails {
  // RFC 9457 §4.2.1: with about:blank the title is the status's own phrase.
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/** `known` false: a bug or a broken part of ours, for the log; its text stays inside. */
export function problemOf(error: unknown): { problem: ProblemDetails; known: boolean } {
  if (error instanceof Away) {
    return { problem: problem(503, error.message), known: true };
  }
  if (error instanceof Problem) return { problem: problem(400, error.message), known: true };
  const status = statusOf(error);
  if (error instanceof Error && status >= 400 && status < 500) {
    return { problem: problem(status, error.message), known: true };
  }
  return { problem: problem(500, 'unexpected error; the server log says more'), known: false };
}

/** The framework's own errors (invalid JSON, body too large) carry the status that they mean. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
