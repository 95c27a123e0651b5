/** The word of a state event that rules ask for; null where rules ask for none. */
export function stateValue(type: string, content: Record<string, unknown>): string | null {
  switch (type) {
    case 'm.room.member':
      return word(content, 'membership', MEMBERSHIPS);
    case 'm.room.history_visibility':
      return word(content, 'history_visibility', VISIBILITIES);
    case 'm.room.name':
      return isText(content['name']) ? '1' : null;
    case 'm.room.canonical_alias':
      return isText(content['alias']) ? '1' : null;
    default:
      return null;
  }
}

const MEMBERSHIPS = ['join', 'invite', 'leave', 'ban', 'knock'];
const VISIBILITIES = ['world_readable', 'shared', 'invited', 'joined'];

function word(content: Record<string, unknown>, key: string, words: readonly string[]): string | null {
  const value = content[key];
  return typeof value === 'string' && words.includes(value) ? value : null;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
