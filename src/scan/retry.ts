/** When a message that could not be scanned is tried again. Pure. */

/** Doubles from `retryMs` to `maxRetryMs`; ±20 % so that waiting mail does not come back all at once. */
export function scanRetryAt(
  settings: { readonly retryMs: number; readonly maxRetryMs: number },
  /** `attempt` counts from 1; `random` is in [0, 1). */
  { attempt, now, random }: { attempt: number; now: number; random: number },
): number {
  const doubled = settings.retryMs * 2 ** Math.min(attempt - 1, 30);
  const wait = Math.min(doubled, settings.maxRetryMs);
  return Math.round(now + wait * (0.8 + 0.4 * random));
}
