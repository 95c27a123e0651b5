import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { shapeOf } from './route.mjs';
import { SliceProblem } from './slice-problem.mjs';

export const ROUTES = 'libs/contracts/src/routes.ts';

/** The table as its source says, which may be newer than what was built last. */
export async function readRoutes(checkout) {
  const source = readFileSync(join(checkout, ROUTES), 'utf8');
  const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  const { routes } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return { source, routes };
}

/** @throws {SliceProblem} when the name or one of the paths is another route's */
export function requireFree(routes, { name, method, paths }) {
  if (Object.hasOwn(routes, name))
    throw new SliceProblem(`There is a route "${name}" already. Name the slice otherwise.`);
  const shapes = new Set(paths.map(shapeOf));
  const same = Object.values(routes).find(
    (route) => route.method === method && route.paths.some((path) => shapes.has(shapeOf(path))),
  );
  if (same) throw new SliceProblem(`${method} ${paths[0]} is taken by the route "${same.name}" of ${same.owner}.`);
}
