import { createHmac } from 'node:crypto';

/**
 * An event id that no event has, of the form of a real one. The same request gives the same id, also after a restart and
 * without anything being stored, because it is derived from what was asked for with a key only this server has.
 * @param request  what identifies the request; any JSON
 */
export function pretendedEventId(key: Uint8Array, request: unknown): string {
  return `$${createHmac('sha256', key).update('pretended event\0').update(JSON.stringify(request)).digest('base64url')}`;
}

/** Draws an integer from `min` to `max`, both included, evenly. */
export type DrawInteger = (min: number, max: number) => number;

/**
 * How long a dropped action takes: a whole number of seconds within the bounds, drawn evenly (moderation.md §7.1). Bounds that
 * hold no whole second are drawn from by the millisecond.
 * @returns ms; 0 when `maxMs` is 0
 */
export function pretenceDelayMs({ min: minMs, max: maxMs }: { min: number; max: number }, draw: DrawInteger): number {
  if (maxMs <= 0) return 0;
  const [least, most] = [Math.ceil(minMs / 1_000), Math.floor(maxMs / 1_000)];
  return least <= most ? draw(least, most) * 1_000 : draw(Math.min(minMs, maxMs), maxMs);
}
