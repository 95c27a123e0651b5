import type { Route } from '@ganglion/contracts';

/** Everything that is served under one path template. */
export interface Endpoint {
  /** As in the table: parameters in braces. */
  template: string;
  byMethod: ReadonlyMap<string, Route>;
  /** Value of the `Allow` header. */
  allow: string;
  /** Part of the admin API: who asks, and about whom, is checked before the method (auth.md §5). */
  isAdmin: boolean;
}

/** The table of routes by path template. */
export function endpointsOf(routes: readonly Route[]): Endpoint[] {
  const byTemplate = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    for (const template of route.paths) {
      const methods = byTemplate.get(template) ?? new Map<string, Route>();
      if (methods.has(route.method)) throw new Error(`${route.method} ${template} is in the table twice`);
      methods.set(route.method, route);
      byTemplate.set(template, methods);
    }
  }
  return [...byTemplate].map(([template, methods]) => ({
    template,
    byMethod: withHead(methods),
    allow: [...new Set([...withHead(methods).keys(), 'OPTIONS'])].join(', '),
    isAdmin: isAdmin(template) && [...methods.values()].every(({ auth }) => auth !== 'none'),
  }));
}

/** `/rooms/{roomId}` as Fastify's router writes it. */
export function routerPath(template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** HEAD is GET whose body is not sent. */
function withHead(methods: Map<string, Route>): Map<string, Route> {
  const get = methods.get('GET');
  return get ? new Map([...methods, ['HEAD', get]]) : methods;
}

function isAdmin(template: string): boolean {
  return /^\/_(synapse|ganglion)\/admin\/|^\/_matrix\/client\/\w+\/admin\//.test(template);
}
