/** Direction of a walk through a room's history. */
export type Direction = 'b' | 'f';

/** Where a page begins and how far it may go: gaps in the history, as positions; `(after, upTo]` is what it may hold. */
export interface PageBounds {
  dir: Direction;
  after: number;
  upTo: number;
}

/**
 * @param from  gap to start at; null: the newest end going backwards, the beginning going forwards
 * @param to  gap to stop at, null: none
 * @param newest  last position the reader may see
 */
export function boundsOf(dir: Direction, from: number | null, to: number | null, newest: number): PageBounds {
  if (dir === 'b') return { dir, upTo: Math.min(from ?? newest, newest), after: to ?? 0 };
  return { dir, after: from ?? 0, upTo: Math.min(to ?? newest, newest) };
}

/** The gap at the far end of a page, to go on from. */
export function gapBeyond(dir: Direction, lastPos: number): number {
  return dir === 'b' ? lastPos - 1 : lastPos;
}

/** What is left after a page that ended at `lastPos`. */
export function restOf(bounds: PageBounds, lastPos: number): PageBounds {
  const gap = gapBeyond(bounds.dir, lastPos);
  return bounds.dir === 'b' ? { ...bounds, upTo: gap } : { ...bounds, after: gap };
}
