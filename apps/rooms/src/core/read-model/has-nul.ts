/** Names with NUL are never stored, and Postgres would not even take them as parameters: nothing has such a name. */
export function hasNul(...names: readonly string[]): boolean {
  return names.some((name) => name.includes('\0'));
}
