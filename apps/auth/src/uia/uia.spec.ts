import {
  belongsTo,
  challenge,
  isComplete,
  isOver,
  isSessionId,
  operationOf,
  UIA_SESSION_MS,
  withStage,
  type UiaSession,
} from './uia.js';

const session: UiaSession = {
  sessionId: 'abcdefghijklmnopqrstuvwx',
  operation: 'op',
  createdAtMs: 1_000,
  completed: {},
  body: {},
  passwordHash: null,
  registering: null,
};

describe('user-interactive authentication', () => {
  it('is complete when every stage of some flow is, in any order', () => {
    const flows = [['a', 'b'], ['c']];
    const a = withStage(session, 'a', true);
    expect(isComplete(flows, session)).toBe(false);
    expect(isComplete(flows, a)).toBe(false);
    expect(isComplete(flows, withStage(a, 'b', true))).toBe(true);
    expect(isComplete(flows, withStage(withStage(session, 'b', true), 'a', true))).toBe(true);
    expect(isComplete(flows, withStage(session, 'c', 0))).toBe(true);
  });
  it('does not take what every object has for a stage', () =>
    expect(isComplete([['constructor']], session)).toBe(false));

  it('asks with flows, params and session, and nothing else', () =>
    expect(challenge(session, [['a', 'b']], { a: { x: 1 } })).toEqual({
      session: session.sessionId,
      flows: [{ stages: ['a', 'b'] }],
      params: { a: { x: 1 } },
    }));
  it('lists what is completed, and why a stage failed', () => {
    expect(challenge(withStage(session, 'a', 1), [['a']], {})).toMatchObject({ completed: ['a'] });
    expect(challenge(session, [['a']], {}, { errcode: 'M_FORBIDDEN', error: 'no' })).toMatchObject({
      completed: [],
      errcode: 'M_FORBIDDEN',
      error: 'no',
    });
  });

  it('is over after 48 hours', () => {
    expect(isOver(session, 1_000 + UIA_SESSION_MS - 1)).toBe(false);
    expect(isOver(session, 1_000 + UIA_SESSION_MS)).toBe(true);
  });

  it('belongs to one method, path and query', () => {
    const route = { method: 'POST', paths: ['/v3/x/{id}', '/r0/x/{id}'] };
    const at = (id: string, query: Record<string, string[]> = {}) => operationOf(route, { params: { id }, query });
    const begun = { ...session, operation: at('A', { q: ['1'], p: ['2'] }) };
    expect(belongsTo(begun, at('A', { p: ['2'], q: ['1'] }))).toBe(true);
    expect(belongsTo(begun, at('B', { p: ['2'], q: ['1'] }))).toBe(false);
    expect(belongsTo(begun, at('A'))).toBe(false);
  });

  it('knows what an id of a session looks like', () => {
    expect(isSessionId(session.sessionId)).toBe(true);
    for (const other of [undefined, 7, '', 'short', `${session.sessionId}\0`, 'a\0cdefghijklmnopqrstuvwx']) {
      expect(isSessionId(other)).toBe(false);
    }
  });
});
