/** When a delivery is tried again, and when no more. Pure. */

/** A long outage must not turn the first attempt after it into the last. */
const FEWEST_ATTEMPTS = 3;

export interface RetrySettings {
  readonly retryMs: readonly number[];
  readonly expireMs: number;
}

export interface AttemptTime {
  /** Counted from 1. */
  readonly attempt: number;
  readonly receivedAt: number;
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** The waits of the table, the last one for ever, ±20 % each; the one before the time is up ends with it. */
export function deliverRetryAt(
  settings: RetrySettings,
  { attempt, receivedAt, now, random }: AttemptTime,
): number {
  const wait = settings.retryMs[attempt - 1] ?? settings.retryMs.at(-1) ?? settings.expireMs;
  const at = Math.round(now + wait * (0.8 + 0.4 * random));
  const end = receivedAt + settings.expireMs;
  return now < end && at > end ? end : at;
}

/** Whether this attempt was the last one. */
export function isExpired(settings: RetrySettings, { attempt, receivedAt, now }: AttemptTime): boolean {
  return attempt >= FEWEST_ATTEMPTS && now >= receivedAt + settings.expireMs;
}
