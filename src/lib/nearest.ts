/** The known word that a wrong one was most likely meant to be: fewest letters changed, added, removed. */

/** Null: none is within `limit` changes; without a limit of the caller's, within what a slip of the hand changes. */
export function nearest(
  name: string,
  known: Iterable<string>,
  limit = Math.max(name.length > 3 ? 2 : 1, Math.floor(name.length / 4)),
): string | null {
  let best: string | null = null;
  let least = limit;
  for (const candidate of known) {
    const changes = distance(name.toLowerCase(), candidate.toLowerCase());
    if (changes < least || (best === null && changes <= least)) {
      best = candidate;
      least = changes;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
