import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTorture } from './arguments.mjs';

test('torture: 500 faults on two of each app, of a seed of its own, unless told', () => {
  const { faults, replicas, seed, keep, only } = parseTorture([], 7);
  assert.deepEqual(
    { faults, replicas, seed, keep, only },
    { faults: 500, replicas: 2, seed: 7, keep: false, only: undefined },
  );
});

test('torture: takes what it is told', () => {
  const argv = [
    '--faults',
    '30',
    '--seed=0',
    '--replicas',
    '3',
    '--only',
    'kill',
    '--only',
    'stop',
    '--report',
    'r.md',
  ];
  const { faults, seed, replicas, only, report } = parseTorture(argv, 7);
  assert.deepEqual(
    { faults, seed, replicas, only, report },
    { faults: 30, seed: 0, replicas: 3, only: ['kill', 'stop'], report: 'r.md' },
  );
});

test('torture: says what is wrong with an option', () => {
  assert.throws(() => parseTorture(['--faults', '0'], 7), /--faults takes a whole number from 1 on, not "0"/);
  assert.throws(() => parseTorture(['--seed', '-1'], 7), /seed/);
  assert.throws(() => parseTorture(['--fault', '1'], 7), /Usage: npm run torture/);
});
