import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readJsonIfThere } from './files.mjs';

const CASE = /\b(AUTH|ACC|MOD|AS|CLI)-\d{3}[a-z]?\b/g;

/**
 * Writes which acceptance cases of the specifications a passing run has covered, from Jest's reports in `folder`.
 * A case counts when a test that names it has passed.
 */
export function recordCases({ checkout, folder, parts }) {
  const reports = parts.map((part) => readJsonIfThere(join(folder, `jest-${part}.json`))).filter(Boolean);
  writeFileSync(join(checkout, 'docs', 'generated', 'cases.md'), casesPage(coveredCases(reports, checkout)));
}

/** @returns {Map<string, { file: string, title: string }[]>} case → the passed tests that name it, both in order */
export function coveredCases(reports, checkout) {
  const cases = new Map();
  const suites = reports.flatMap(({ testResults }) => testResults);
  for (const { name, assertionResults } of suites.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const { status, fullName, title } of assertionResults) {
      if (status !== 'passed') continue;
      for (const number of new Set(fullName.match(CASE) ?? [])) {
        cases.set(number, [...(cases.get(number) ?? []), { file: relative(checkout, name), title }]);
      }
    }
  }
  return new Map([...cases].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })));
}

function casesPage(cases) {
  const rows = [...cases].map(([number, [first, ...others]]) => {
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return `| ${number} | \`${first.file}\` | ${first.title.replaceAll('|', '\\|')}${more} |`;
  });
  return `# Acceptance cases

Made by \`npm run cases\` from a run in which every test passed; do not edit. ${cases.size} cases are covered.

| Case | Test file | Test |
|---|---|---|
${rows.join('\n')}
`;
}
