/** Small files are many when a spool opens or closes; some at once take a fraction of the time of one after another. */
const GROUP = 32;

export async function inGroups<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += GROUP)
    await Promise.all(items.slice(from, from + GROUP).map(work));
}
