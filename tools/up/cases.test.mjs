import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coveredCases } from './cases.mjs';

describe('covered cases', () => {
  it('are those that passed tests name, in order, each with its tests', () => {
    const test = (status, title) => ({ status, title, fullName: `login ${title}` });
    const suite = (name, ...assertionResults) => ({ name: `/repo/${name}`, assertionResults });
    const reports = [
      { testResults: [suite('b.spec.ts', test('passed', 'AUTH-010 and CLI-002'), test('failed', 'AUTH-011 x'))] },
      {
        testResults: [
          suite('a.spec.ts', test('passed', 'AUTH-002 y'), test('passed', 'AUTH-010 z'), test('pending', 'AS-001')),
        ],
      },
    ];
    const cases = coveredCases(reports, '/repo');
    assert.deepEqual([...cases.keys()], ['AUTH-002', 'AUTH-010', 'CLI-002']);
    assert.deepEqual(
      cases.get('AUTH-010').map(({ file }) => file),
      ['a.spec.ts', 'b.spec.ts'],
    );
  });
});
