import { routes, type Route } from '@ganglion/contracts';
import { endpointsOf, routerPath } from './endpoints.js';

const route = (changes: Partial<Route>): Route => ({
  name: 'x',
  method: 'GET',
  paths: ['/x'],
  owner: 'rooms',
  kind: 'query',
  auth: 'required',
  body: 'none',
  summary: '',
  ...changes,
});

describe('endpointsOf', () => {
  it('puts the methods of one path together, HEAD with GET', () => {
    const [endpoint] = endpointsOf([route({ name: 'read' }), route({ name: 'write', method: 'PUT' })]);
    expect(endpoint!.allow).toBe('GET, PUT, HEAD, OPTIONS');
    expect(endpoint!.byMethod.get('HEAD')!.name).toBe('read');
    expect(endpoint!.byMethod.get('POST')).toBeUndefined();
  });

  it('refuses a table that says two things', () => {
    expect(() => endpointsOf([route({}), route({ name: 'y' })])).toThrow('GET /x is in the table twice');
  });

  it.each([
    ['/_synapse/admin/v1/users/{userId}/shadow_ban', 'admin', true],
    ['/_ganglion/admin/v1/appservices', 'admin', true],
    ['/_matrix/client/r0/admin/whois/{userId}', 'required', true],
    ['/_synapse/admin/v1/register', 'none', false],
    ['/_matrix/client/v3/user/{userId}/filter', 'required', false],
  ] as const)('%s with %s: admin checks come before the method: %s', (path, auth, expected) => {
    expect(endpointsOf([route({ paths: [path], auth })])[0]!.isAdmin).toBe(expected);
  });

  it('writes parameters as the router reads them', () => {
    expect(routerPath('/rooms/{roomId}/state/{eventType}/')).toBe('/rooms/:roomId/state/:eventType/');
  });

  it('takes the whole table', () => {
    expect(endpointsOf(Object.values(routes)).length).toBeGreaterThan(50);
  });
});
