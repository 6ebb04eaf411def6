/** The widths of a table's columns, so that a row fits the terminal. What is rigid is never cut: ids, moments, states. */

export interface Column {
  readonly name: string;
  /** Shown in full, whatever the width. */
  readonly rigid?: boolean;
  /** Left out when there is no room for it: the last ones first. */
  readonly spare?: boolean;
}

export function rigid(name: string): Column {
  return { name, rigid: true };
}

export const GAP = 2;
/** Below this a text says nothing; it is kept when even that does not fit, and the lines wrap. */
const MIN_WIDTH = 10;

/**
 * `natural`: the widest cell of each column, its name included. `room`: columns of the terminal, may be infinite.
 * Null: the column is left out.
 */
export function fitWidths(
  columns: readonly Column[],
  natural: readonly number[],
  room: number,
): (number | null)[] {
  const widths: (number | null)[] = columns.map((_, index) => natural[index] ?? 0);
  const least = (index: number): number => {
    const width = widths[index] ?? 0;
    return columns[index]?.rigid ? width : Math.min(width, MIN_WIDTH);
  };
  for (let index = columns.length - 1; index >= 0; index--) {
    const needed = total(widths.map((width, at) => (width === null ? null : least(at))));
    if (needed <= room) break;
    if (columns[index]?.spare) widths[index] = null;
  }
  for (let excess = total(widths) - room; excess > 0; excess = total(widths) - room) {
    const widest = widestAbove(columns, widths);
    if (widest === null) break;
    // Down to the next widest at most, so that the widest ones end alike.
    const step = Math.min(excess, widest.width - Math.max(widest.next, MIN_WIDTH) || 1);
    widths[widest.index] = widest.width - step;
  }
  return widths;
}

function widestAbove(columns: readonly Column[], widths: readonly (number | null)[]) {
  const elastic = widths
    .map((width, index) => ({ index, width: width ?? 0 }))
    .filter(({ index, width }) => !columns[index]?.rigid && width > MIN_WIDTH)
    .sort((a, b) => b.width - a.width);
  const [first, second] = elastic;
  return first ? { ...first, next: second?.width ?? 0 } : null;
}

function total(widths: readonly (number | null)[]): number {
  const shown = widths.filter((width) => width !== null);
  return shown.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, shown.length - 1);
}
