import { Refusal } from '@ganglion/kernel';
import { Errcode, own, parseAlias } from '@ganglion/matrix';
import { refuse } from '../refusals.js';

/**
 * Every alias that an m.room.canonical_alias event lists.
 * @throws BAD_ALIAS_LIST (400 M_INVALID_PARAM): a wrong type, or what is no alias
 */
export function listedAliases(content: Record<string, unknown>): string[] {
  const [main, others] = [own(content, 'alias') ?? [], own(content, 'alt_aliases') ?? []];
  if (!Array.isArray(others)) throw badList();
  const listed = [main, ...others].flat();
  if (!listed.every((alias) => parseAlias(alias) !== null)) throw badList();
  return listed as string[];
}

/**
 * Aliases that were not listed before must point to the room.
 * @param before  content of the event that stands, if any
 * @param pointsTo  room by alias
 * @throws ALIAS_POINTS_ELSEWHERE (400 M_BAD_ALIAS)
 */
export function checkNewAliases(
  roomId: string,
  content: Record<string, unknown>,
  before: Record<string, unknown> | undefined,
  pointsTo: ReadonlyMap<string, string>,
): void {
  const known = new Set([own(before, 'alias'), own(before, 'alt_aliases')].flat());
  const fresh = listedAliases(content).filter((alias) => !known.has(alias));
  if (fresh.some((alias) => pointsTo.get(alias) !== roomId)) throw refuse('ALIAS_POINTS_ELSEWHERE');
}

function badList(): Refusal {
  return new Refusal('BAD_ALIAS_LIST', 'invalid', 'Not a list of room aliases', Errcode.INVALID_PARAM);
}
