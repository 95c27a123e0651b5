import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { APPS, moduleOf } from './apps.mjs';
import { camel, pascal, screaming, sentence } from './names.mjs';
import { paramsOf } from './route.mjs';
import { readRoutes, requireFree, ROUTES } from './routes-table.mjs';
import { SliceProblem } from './slice-problem.mjs';
import { withController, withRefusal, withRoute } from './sources.mjs';
import { fill } from './template.mjs';

const CLIENT = '/_matrix/client/v3';

/**
 * Everything a slice needs, before anything is written.
 *
 * @param {string} checkout
 * @param {{ app: string, feature: string, slice: string, method: string, path: string, kind: 'command' | 'query' }} options
 * @returns {Promise<{ slice: object, created: { path: string, text: string }[],
 *   changed: { path: string, text: string, what: string }[] }>} paths relative to the checkout
 * @throws {SliceProblem} when the folder exists or the route is taken
 */
export async function planSlice(checkout, options) {
  const slice = describe(options);
  if (existsSync(join(checkout, slice.folder))) throw new SliceProblem(`${slice.folder} exists already.`);
  const { source, routes } = await readRoutes(checkout);
  requireFree(routes, { name: slice.camel, method: slice.method, paths: slice.paths });
  const pretty = await formatter(checkout);
  const created = newFiles(slice).map(([name, template]) => ({
    path: `${slice.folder}/${name}`,
    text: fill(template, slice),
  }));
  const changed = [
    { path: ROUTES, text: withRoute(source, slice.app, fill('route.ts.tmpl', slice)), what: `route ${slice.camel}` },
    moduleChange(checkout, slice),
    errorsChange(checkout, slice),
  ];
  return { slice, created: await pretty(created), changed: await pretty(changed) };
}

function describe({ app, feature, slice: name, method, path, kind }) {
  const { errors, underTest } = APPS[app];
  const upTo = (file) => posix.relative(`${feature}/${name}`, `${file}.js`);
  const isCommand = kind === 'command';
  const hasBody = isCommand && ['POST', 'PUT'].includes(method);
  return {
    app,
    name,
    folder: `apps/${app}/src/${feature}/${name}`,
    method,
    path,
    kind,
    isCommand,
    hasBody,
    pascal: pascal(name),
    camel: camel(name),
    sentence: sentence(name),
    code: `${screaming(name)}_${isCommand ? 'UNDECIDED' : 'UNANSWERED'}`,
    errors: upTo(errors),
    service: upTo(`${app}.service-definition`),
    fixture: underTest ? upTo(underTest.file) : '',
    underTest: underTest?.name ?? '',
    ...addressOf(path),
    ...inputOf(paramsOf(path), hasBody ? 'reason' : isCommand ? null : 'limit'),
    body: hasBody ? 'required' : 'none',
    sampleBody: hasBody ? `{ reason: 'because', other: 1 }` : 'null',
  };
}

/** Clients' endpoints have an older address too. */
function addressOf(path) {
  const isClient = path.startsWith(`${CLIENT}/`);
  return {
    paths: isClient ? [path, path.replace(CLIENT, '/_matrix/client/r0')] : [path],
    pathsSource: isClient ? `client('${path.slice(CLIENT.length)}')` : `['${path}']`,
    auth: /^\/_(synapse|ganglion)\/admin\//.test(path) ? 'admin' : 'required',
  };
}

/**
 * What a request consists of, as types, as a literal of variables and as one of samples.
 * @param {string[]} params  of the path
 * @param {string | null} extra  what comes in the body or after the path
 */
function inputOf(params, extra) {
  const samples = { reason: `'because'`, limit: '5' };
  const all = extra === null ? params : [...params, extra];
  const sampleOf = (name) => `${name}: ${samples[name] ?? `'${name}-1'`}`;
  return {
    hasFields: all.length > 0,
    hasParams: params.length > 0,
    params: params.join(', '),
    paramsType: params.map((param) => `'${param}'`).join(' | '),
    paramFields: params.map((param) => `${param}: string;`).join(' '),
    paramSamples: params.map(sampleOf).join(', '),
    fields: all.join(', '),
    sampleFields: all.map(sampleOf).join(', '),
    shardBy: params.length > 0 ? `{ param: '${params[0]}' }` : '{ requester: true }',
    shardKey: params.length > 0 ? `'${params[0]}-1'` : 'ASKING.userId',
  };
}

const newFiles = ({ name, kind, underTest, hasFields }) => [
  [`${name}.ts`, `${kind}/slice.ts.tmpl`],
  ...(hasFields ? [[`${name}.input.ts`, `${kind}/input.ts.tmpl`]] : []),
  [`${name}.controller.ts`, `${kind}/controller.ts.tmpl`],
  [`${name}.spec.ts`, `${kind}/spec.ts.tmpl`],
  [`${name}.api.spec.ts`, underTest ? 'api-under-test.spec.ts.tmpl' : 'api.spec.ts.tmpl'],
];

function moduleChange(checkout, { app, folder, name, pascal: className }) {
  const path = moduleOf(checkout, app);
  const from = `./${posix.relative(`apps/${app}/src`, folder)}/${name}.controller.js`;
  const controller = { name: `${className}Controller`, from };
  const text = withController(readFileSync(join(checkout, path), 'utf8'), controller);
  return { path, text, what: `controller ${controller.name}` };
}

function errorsChange(checkout, slice) {
  const path = `apps/${slice.app}/src/${APPS[slice.app].errors}.ts`;
  const there = existsSync(join(checkout, path));
  const table = there ? readFileSync(join(checkout, path), 'utf8') : fill('errors.ts.tmpl', slice);
  const row = `${slice.code}: { kind: 'not-found', errcode: 'M_UNRECOGNIZED', message: 'Not possible on this server' },`;
  return { path, text: withRefusal(table, row), what: `refusal ${slice.code}` };
}

async function formatter(checkout) {
  const config = await resolveConfig(join(checkout, 'package.json'));
  return (files) =>
    Promise.all(
      files.map(async (file) => ({ ...file, text: await format(file.text, { ...config, filepath: file.path }) })),
    );
}
