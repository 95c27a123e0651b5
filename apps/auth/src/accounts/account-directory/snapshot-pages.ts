import { ACCOUNT_COLUMNS, TOKEN_COLUMNS } from './directory-rows.js';

/** Rows of a page at most: some MB of JSON, and nobody else waits for more than some ms. */
export const PAGE_ROWS = 5_000;

/** Tables in the order in which pages go through them, and the columns they are ordered by. */
const SECTIONS = {
  users: { table: 'account', columns: ACCOUNT_COLUMNS, key: ['user_id'] },
  devices: { table: 'device', columns: 'user_id, device_id', key: ['user_id', 'device_id'] },
  tokens: { table: 'access_token', columns: TOKEN_COLUMNS, key: ['token_id'] },
} as const;
export type Section = keyof typeof SECTIONS;
const ORDER = Object.keys(SECTIONS) as Section[];

/** A place in the snapshot: before the first row of a section, or after the row with that key. */
export interface Place {
  section: Section;
  key: string[] | null;
}

export const START: Place = { section: 'users', key: null };

/** Where the section ends, the next one begins. Null: there is none. */
export function sectionAfter(section: Section, tokens: boolean): Place | null {
  const next = ORDER[ORDER.indexOf(section) + 1];
  return next === undefined || (next === 'tokens' && !tokens) ? null : { section: next, key: null };
}

export function placeAfter(section: Section, row: Record<string, unknown>): Place {
  return { section, key: SECTIONS[section].key.map((column) => String(row[column])) };
}

export function writePlace({ section, key }: Place): string {
  return JSON.stringify([section, ...(key ?? [])]);
}

/** @throws Error when it is no place of ours */
export function readPlace(text: string): Place {
  const [section, ...key] = JSON.parse(text) as [Section, ...string[]];
  const known = Object.hasOwn(SECTIONS, section) && [0, SECTIONS[section].key.length].includes(key.length);
  if (!known || !key.every((part) => typeof part === 'string')) throw new Error('no place in a snapshot');
  return { section, key: key.length === 0 ? null : key };
}

/** The next rows from a place on. */
export function pageStatement({ section, key }: Place, limit: number) {
  const { table, columns, key: order } = SECTIONS[section];
  const by = order.join(', ');
  const after = key ? `where (${by}) > (${key.map((_, i) => `$${i + 2}`).join(', ')})` : '';
  return {
    name: `snapshot_page_${section}${key ? '_after' : ''}`,
    text: `select ${columns} from ${table} ${after} order by ${by} limit $1`,
    values: [limit, ...(key ?? [])],
  };
}
