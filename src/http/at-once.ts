/**
 * How much of one caller's is under way at the same time. A search goes on when its reader has left, and a stream holds
 * some megabytes, so it is not enough to count connections.
 */
export interface AtOnce {
  readonly most: number;
  /** Null: enough. Else to be called when it is over; a second call does nothing. */
  enter(caller: string): (() => void) | null;
}

export function createAtOnce(most: number): AtOnce {
  const open = new Map<string, number>();
  return {
    most,
    enter(caller) {
      const here = open.get(caller) ?? 0;
      if (here >= most) return null;
      open.set(caller, here + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const rest = (open.get(caller) ?? 1) - 1;
        if (rest > 0) open.set(caller, rest);
        else open.delete(caller);
      };
    },
  };
}
