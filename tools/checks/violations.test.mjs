// A checker that is set up wrongly passes everything. So each rule meets one violation here that it must catch, and
// one harmless twin that it must not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
let place;

before(() => {
  place = mkdtempSync(join(tmpdir(), 'ganglion-violations-'));
  for (const file of ['.oxlintrc.json', '.prettierrc.json', 'tsconfig.base.json'])
    cpSync(root + file, join(place, file));
});
after(() => rmSync(place, { recursive: true }));

function write(path, text) {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

function run(tool, ...args) {
  const { status, stdout, stderr } = spawnSync(`${root}node_modules/.bin/${tool}`, args, {
    cwd: place,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const LINT = [
  {
    rule: 'nobody imports an app',
    path: 'apps/auth/src/x.controller.ts',
    bad: "export { y } from '@ganglion/rooms';\n",
    good: "export { y } from '@ganglion/kernel';\n",
    says: 'no-restricted-imports',
  },
  {
    rule: 'packages meet at their front door',
    path: 'libs/fence/src/x.ts',
    bad: "export { z } from '@ganglion/kernel/dist/clock.js';\n",
    good: "export { y } from './clock.js';\n",
    says: 'no-restricted-imports',
  },
  {
    rule: 'no way around the front door',
    path: 'libs/fence/src/x.ts',
    bad: "export { y } from '../../kernel/src/clock.js';\n",
    good: "export { y } from '@ganglion/kernel';\n",
    says: 'no-restricted-imports',
  },
  {
    rule: 'the kernel layer knows no framework',
    path: 'libs/kernel/src/x.ts',
    bad: "export { Injectable } from '@nestjs/common';\n",
    good: "export { createHash } from 'node:crypto';\n",
    says: 'no-restricted-imports',
  },
  {
    rule: 'contracts know no infrastructure',
    path: 'libs/contracts/src/x.ts',
    bad: "export { Bus } from '@ganglion/messaging';\n",
    good: "export { fold } from '@ganglion/kernel';\n",
    says: 'no-restricted-imports',
  },
  {
    rule: 'a file without a suffix is pure',
    path: 'apps/moderation/src/reports/close-report/close-report.ts',
    bad: "import { readFileSync } from 'node:fs';\nexport const x = () => readFileSync('x');\n",
    good: "export { fold } from '@ganglion/kernel';\n",
    says: 'no-restricted-imports',
  },
  {
    rule: 'a file without a suffix knows no database',
    path: 'apps/moderation/src/reports/report.ts',
    bad: "export { Pool } from 'pg';\n",
    good: 'export const report = 1;\n',
    says: 'no-restricted-imports',
  },
  {
    rule: 'the clock is taken, not read',
    path: 'apps/moderation/src/reports/open-reports.projection.ts',
    bad: 'export const now = () => Date.now();\n',
    good: 'export const now = (clock: { nowMs(): number }) => clock.nowMs();\n',
    says: 'no-restricted',
  },
  {
    rule: 'chance is taken, not made',
    path: 'libs/messaging/src/x.ts',
    bad: 'export const chance = () => Math.random();\n',
    good: 'export const chance = (random: () => number) => random();\n',
    says: 'no-restricted-properties',
  },
  {
    rule: 'the environment is read by libs/config',
    path: 'apps/rooms/src/x.module.ts',
    bad: 'export const home = process.env.HOME;\n',
    good: 'export const home = (config: { home: string }) => config.home;\n',
    says: 'no-restricted-properties',
  },
  {
    rule: 'errors are not swallowed',
    path: 'libs/messaging/src/y.ts',
    bad: 'export function f(g: () => void) {\n  try {\n    g();\n  } catch {}\n}\n',
    good: 'export function f(g: () => void) {\n  g();\n}\n',
    says: 'no-empty',
  },
];

describe('oxlint', () => {
  for (const { rule, path, bad, good, says } of LINT) {
    it(`catches it: ${rule}`, () => {
      write(path, bad);
      const caught = run('oxlint', '--quiet', path);
      assert.notEqual(caught.status, 0, `${path} passed:\n${bad}`);
      assert.match(caught.output, new RegExp(says));
      write(path, good);
      const passed = run('oxlint', '--quiet', path);
      assert.equal(passed.status, 0, passed.output);
    });
  }
});

describe('prettier', () => {
  it('catches a file that is not formatted', () => {
    write('libs/kernel/src/z.ts', 'export const a = "x"\n');
    assert.notEqual(run('prettier', '--check', 'libs/kernel/src/z.ts').status, 0);
    write('libs/kernel/src/z.ts', "export const a = 'x';\n");
    assert.equal(run('prettier', '--check', 'libs/kernel/src/z.ts').status, 0);
  });
});

describe('tsc', () => {
  it('catches what strict mode forbids', () => {
    write(
      'tsconfig.json',
      JSON.stringify({
        extends: './tsconfig.base.json',
        compilerOptions: { types: [], noEmit: true, composite: false, declaration: false },
        files: ['t.ts'],
      }),
    );
    write('package.json', '{"type":"module"}');
    write('t.ts', 'export const first = (list: string[]): string => list[0];\n');
    assert.notEqual(run('tsc', '-p', '.').status, 0);
    write('t.ts', 'export const first = (list: string[]): string | undefined => list[0];\n');
    const passed = run('tsc', '-p', '.');
    assert.equal(passed.status, 0, passed.output);
  });
});
