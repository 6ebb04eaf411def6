/**
 * Work that must not be cut holds an activity with a label while it runs. Stopping refuses new ones and
 * waits for those that are there, so a stop can say what it waits for.
 */
export interface Lifecycle {
  /** Aborted when stopping begins. */
  readonly stopping: AbortSignal;
  /** Holds the stop back until disposed; null once stopping has begun. */
  begin(label: string): Disposable | null;
  /** Begins the stop; resolves with the labels still running when all ended (none) or `timeoutMs` passed. */
  stop(timeoutMs: number): Promise<string[]>;
}

export function createLifecycle(): Lifecycle {
  const controller = new AbortController();
  const running = new Map<symbol, string>();
  let idle: (() => void) | null = null;

  const end = (key: symbol): void => {
    running.delete(key);
    if (running.size === 0) idle?.();
  };

  return {
    stopping: controller.signal,
    begin(label) {
      if (controller.signal.aborted) return null;
      const key = Symbol(label);
      running.set(key, label);
      return { [Symbol.dispose]: () => end(key) };
    },
    async stop(timeoutMs) {
      controller.abort();
      if (running.size === 0) return [];
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        idle = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
      return [...running.values()];
    },
  };
}
