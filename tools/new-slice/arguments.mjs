import { parseArgs } from 'node:util';
import { APPS } from './apps.mjs';
import { isName, isFeature } from './names.mjs';
import { parseRoute } from './route.mjs';
import { SliceProblem } from './slice-problem.mjs';

export const HELP = `Usage: npm run new:slice -- <app> <feature> <slice> [options]

  app       ${Object.keys(APPS).join(', ')}
  feature   the folder it belongs to, such as users, or core/write
  slice     what it does, a verb first: close-report; of a query the question: open-reports

  --route "POST /_ganglion/admin/v1/reports/{reportId}/close"   /_ganglion/admin/v1/<app>/<slice> unless told
  --kind command|query                                          by the method unless told: GET asks, the rest commands
  --dry-run                                                     shows what it would write
  --help                                                        shows this`;

const KINDS = ['command', 'query'];

/**
 * @param {string[]} argv  without node and script
 * @returns {{ help: true } | { app: string, feature: string, slice: string, method: string, path: string,
 *   kind: 'command' | 'query', dryRun: boolean }}
 * @throws {SliceProblem}
 */
export function parseSlice(argv) {
  const { values, positionals } = parseWords(argv);
  if (values.help) return { help: true };
  const [app, feature, slice] = positionals;
  if (positionals.length !== 3) throw new SliceProblem(HELP);
  requireNames(app, feature, slice);
  return { app, feature, slice, ...routeAndKind(values, { app, slice }), dryRun: values['dry-run'] };
}

function requireNames(app, feature, slice) {
  if (!Object.hasOwn(APPS, app)) {
    throw new SliceProblem(`There is no app "${app}" that could have it; there is ${Object.keys(APPS).join(', ')}.`);
  }
  if (!isFeature(feature)) throw new SliceProblem(`"${feature}" is no feature: folders like users, or core/write.`);
  if (!isName(slice)) {
    throw new SliceProblem(`"${slice}" is no name of a slice: small letters and hyphens, such as close-report.`);
  }
}

function routeAndKind({ kind: given, route: text }, { app, slice }) {
  if (given !== undefined && !KINDS.includes(given)) {
    throw new SliceProblem(`--kind takes ${KINDS.join(' or ')}, not "${given}".`);
  }
  const route = parseRoute(text ?? `${given === 'query' ? 'GET' : 'POST'} /_ganglion/admin/v1/${app}/${slice}`);
  const kind = given ?? (route.method === 'GET' ? 'query' : 'command');
  if (kind === 'query' && route.method !== 'GET') {
    throw new SliceProblem('A query changes nothing, so its method is GET.');
  }
  return { ...route, kind };
}

function parseWords(argv) {
  const flag = { type: 'boolean', default: false };
  const options = { route: { type: 'string' }, kind: { type: 'string' }, 'dry-run': flag, help: flag };
  try {
    return parseArgs({ args: argv, options, allowPositionals: true });
  } catch (error) {
    throw new SliceProblem(`${error.message}\n\n${HELP}`);
  }
}
