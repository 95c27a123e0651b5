import { SliceProblem } from './slice-problem.mjs';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const SEGMENT = /^(?:[\w.~-]+|\{[a-z][A-Za-z0-9]*\})$/;
const RESERVED = ['reason', 'limit', 'request'];
const PREFIXES = ['/_matrix/', '/_synapse/', '/_ganglion/'];

/**
 * @param {string} text  such as "POST /_ganglion/admin/v1/reports/{reportId}/close"
 * @returns {{ method: string, path: string }}
 */
export function parseRoute(text) {
  const [method, path, ...more] = text.trim().split(/\s+/);
  if (!METHODS.includes(method) || path === undefined || more.length > 0) {
    throw new SliceProblem(
      `--route takes a method and a path, "POST /_ganglion/…"; methods are ${METHODS.join(', ')}.`,
    );
  }
  if (!PREFIXES.some((prefix) => path.startsWith(prefix))) {
    throw new SliceProblem(`A path begins with ${PREFIXES.join(', ')}; "${path}" does not.`);
  }
  const wrong = path
    .slice(1)
    .split('/')
    .find((segment) => !SEGMENT.test(segment));
  if (wrong !== undefined) throw new SliceProblem(`"${wrong}" in ${path} is neither a word nor a {parameter}.`);
  const params = paramsOf(path);
  const reserved = params.find((param) => RESERVED.includes(param));
  if (reserved !== undefined)
    throw new SliceProblem(`Call the parameter {${reserved}} otherwise: the skeleton has its own.`);
  if (new Set(params).size < params.length) throw new SliceProblem(`${path} names a parameter twice.`);
  return { method, path };
}

/** Names of the parameters, in order. */
export const paramsOf = (path) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

/** Two templates with the same shape are the same address. */
export const shapeOf = (path) => path.replaceAll(/\{\w+\}/g, '{}');
