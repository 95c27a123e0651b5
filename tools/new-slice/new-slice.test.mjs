// The generator on a copy of this checkout: what it writes compiles with everything else, keeps the rules, and its tests pass.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSlice } from './arguments.mjs';
import { readRoutes } from './routes-table.mjs';
import { withController, withRefusal } from './sources.mjs';
import { fill } from './template.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = copyOfCheckout();
after(() => rmSync(copy, { recursive: true, force: true }));

/** Sources and what was built of them; packages are shared, our own among them are those of the copy. */
function copyOfCheckout() {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-slice-'));
  const names = ['apps', 'libs', 'tools', 'package.json', 'tsconfig.json', 'tsconfig.base.json', 'tsconfig.spec.json'];
  const settings = readdirSync(root).filter((name) => /^(\.prettier|\.oxlint|\.swcrc|jest\.)/.test(name));
  for (const name of [...names, ...settings])
    cpSync(join(root, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  mkdirSync(join(folder, 'node_modules', '@ganglion'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@ganglion') symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const place of ['apps', 'libs']) {
    for (const name of readdirSync(join(folder, place))) {
      symlinkSync(join(folder, place, name), join(folder, 'node_modules', '@ganglion', name));
    }
  }
  return folder;
}

const bin = (name) => join(copy, 'node_modules', '.bin', name);

function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

function succeeds(command, ...args) {
  const { status, output } = run(command, ...args);
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${output}`);
  return output;
}

const newSlice = (...args) => run(process.execPath, 'tools/new-slice/main.mjs', ...args);
const textOf = (path) => readFileSync(join(copy, path), 'utf8');
const ROUTES = 'libs/contracts/src/routes.ts';

const SLICES = [
  {
    args: ['moderation', 'users', 'close-report', '--route', 'POST /_ganglion/admin/v1/reports/{reportId}/close'],
    folder: 'apps/moderation/src/users/close-report',
  },
  {
    args: ['rooms', 'core/reports', 'open-reports', '--route', 'GET /_matrix/client/v3/rooms/{roomId}/reports'],
    folder: 'apps/rooms/src/core/reports/open-reports',
  },
  {
    args: ['appservice', 'registrations', 'forget-all', '--route', 'DELETE /_ganglion/admin/v1/forget'],
    folder: 'apps/appservice/src/registrations/forget-all',
  },
];

test('--dry-run shows everything and writes nothing', () => {
  const before = textOf(ROUTES);
  const { status, output } = newSlice(...SLICES[0].args, '--dry-run');
  assert.equal(status, 0, output);
  assert.match(output, /export class CloseReportController/);
  assert.match(output, /Would change:\n {2}libs\/contracts\/src\/routes\.ts: route closeReport\n/);
  assert.equal(textOf(ROUTES), before);
  assert.equal(existsSync(join(copy, SLICES[0].folder)), false);
});

test('what it writes compiles, keeps the rules, and its tests pass', async () => {
  for (const { args, folder } of SLICES) {
    const { status, output } = newSlice(...args);
    assert.equal(status, 0, output);
    assert.match(output, new RegExp(`npm test -- ${folder}\n`));
  }
  const { routes } = await readRoutes(copy);
  assert.deepEqual(routes.closeReport, {
    name: 'closeReport',
    method: 'POST',
    paths: ['/_ganglion/admin/v1/reports/{reportId}/close'],
    owner: 'moderation',
    kind: 'command',
    shardBy: { param: 'reportId' },
    auth: 'admin',
    body: 'required',
    summary: 'Close report',
  });
  const paths = ['v3', 'r0'].map((version) => `/_matrix/client/${version}/rooms/{roomId}/reports`);
  const { auth, kind, body } = routes.openReports;
  assert.deepEqual([routes.openReports.paths, auth, kind, body], [paths, 'required', 'query', 'none']);
  assert.match(
    textOf('apps/rooms/src/rooms.module.ts'),
    /from '\.\/core\/reports\/open-reports\/open-reports\.controller\.js'/,
  );
  assert.match(textOf('apps/appservice/src/appservice.errors.ts'), /FORGET_ALL_UNDECIDED/);

  const folders = SLICES.map(({ folder }) => folder);
  const changed = [
    ROUTES,
    'apps/moderation/src',
    'apps/rooms/src/rooms.module.ts',
    'apps/appservice/src/appservice.errors.ts',
  ];
  succeeds(bin('tsc'), '-b', 'apps/moderation', 'apps/rooms', 'apps/appservice');
  // Specs are no part of a package's build; the whole repository's would take longer and say nothing more.
  const specs = { extends: './tsconfig.spec.json', include: folders.map((folder) => `${folder}/*.ts`) };
  writeFileSync(join(copy, 'tsconfig.slices.json'), JSON.stringify(specs));
  succeeds(bin('tsc'), '-p', 'tsconfig.slices.json');
  succeeds(bin('oxlint'), '--deny-warnings', ...folders);
  succeeds(bin('prettier'), '--check', ...folders, ...changed);
  const tested = succeeds(bin('jest'), '--selectProjects=pure', '--rootDir', copy, ...folders);
  assert.match(tested, /Test Suites: 3 passed, 3 total/);
});

test('what exists is not touched', () => {
  const before = textOf(ROUTES);
  const refused = (...args) => {
    const { status, output } = newSlice(...args);
    assert.equal(status, 1);
    return output;
  };
  assert.match(refused('auth', 'sessions', 'log-out'), /apps\/auth\/src\/sessions\/log-out exists already/);
  assert.match(refused('auth', 'sessions', 'logout'), /a route "logout" already/);
  const taken = 'PUT /_matrix/client/r0/devices/{other}';
  assert.match(refused('auth', 'devices', 'set-name', '--route', taken), /taken by the route "renameDevice" of auth/);
  assert.equal(textOf(ROUTES), before);
});

test('names, routes and kinds are checked before anything is read', () => {
  const refused = (words, message) => assert.throws(() => parseSlice(words), { name: 'SliceProblem', message });
  refused([], /^Usage: npm run new:slice/);
  refused(['gateway', 'own', 'tell-time'], /no app "gateway"/);
  refused(['toString', 'own', 'tell-time'], /no app "toString"/);
  for (const feature of ['Users', '../x', 'a//b', '/a', '']) refused(['auth', feature, 'tell-time'], /is no feature/);
  for (const name of ['TellTime', 'tell_time', 'tell-', '1st', '..', 'command'])
    refused(['auth', 'users', name], /no name of a slice/);
  const routed = (route, ...more) => ['auth', 'users', 'tell-time', '--route', route, ...more];
  refused(routed('PATCH /_matrix/x'), /methods are GET, POST, PUT, DELETE/);
  refused(routed('POST /time'), /A path begins with/);
  refused(routed('POST /_matrix/time/'), /"" in .* is neither a word nor a \{parameter\}/);
  refused(routed('POST /_matrix/{a}/{a}'), /names a parameter twice/);
  refused(routed('POST /_matrix/{reason}'), /\{reason\} otherwise/);
  refused(routed('POST /_matrix/time', '--kind', 'query'), /its method is GET/);
  refused(routed('GET /_matrix/time', '--kind', 'event'), /command or query, not "event"/);
});

test('the kind follows from the method, and the route from the names', () => {
  const { method, path, kind, dryRun } = parseSlice(['auth', 'users', 'tell-time', '--kind', 'query']);
  assert.deepEqual([method, path, kind, dryRun], ['GET', '/_ganglion/admin/v1/auth/tell-time', 'query', false]);
  assert.equal(parseSlice(['auth', 'users', 'tell-time']).kind, 'command');
  assert.equal(parseSlice(['auth', 'users', 'tell-time', '--route', 'GET /_matrix/time']).kind, 'query');
});

test('a list in order stays in order, another gets it at its end', () => {
  const module = (list) =>
    `import { A } from './a.js';\nimport { C } from './c.js';\n\n@Module({\n  controllers: [${list}],\n})\n`;
  const controller = { name: 'B', from: './b.js' };
  assert.match(
    withController(module('A, C'), controller),
    /from '.\/a.js';\nimport { B } from '.\/b.js';\nimport { C }[^]*\[A, B, C\]/,
  );
  assert.match(withController(module('C, A'), controller), /\[C, A, B\]/);
  assert.match(withController(module(''), controller), /\[B\]/);
  assert.throws(() => withController('export class X {}', controller), { name: 'SliceProblem' });
  assert.throws(() => withRefusal('export const x = {}', 'A: {},'), { name: 'SliceProblem' });
});

test('a template without a value for a name is a bug', () => {
  assert.throws(() => fill('errors.ts.tmpl', {}), /asks for app, which has no value/);
});
