import { SliceProblem } from './slice-problem.mjs';

/**
 * A module with one more controller.
 * @param {string} text  of the module
 * @param {{ name: string, from: string }} controller  class and relative path of its file
 */
export function withController(text, { name, from }) {
  const list = /(@Module\(\{\s*controllers: \[)([^\]]*)\]/.exec(text);
  if (!list) throw new SliceProblem('The module has no list of controllers at its top; add one first.');
  const names = list[2]
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const registered = text.replace(list[0], () => `${list[1]}${inOrder(names, name).join(', ')}]`);
  return withImport(registered, `import { ${name} } from '${from}';`, from);
}

/** Where the list is in order it stays so. */
function inOrder(names, name) {
  const isSorted = names.every((each, i) => i === 0 || names[i - 1].toLowerCase() <= each.toLowerCase());
  const at = isSorted ? names.findIndex((each) => each.toLowerCase() > name.toLowerCase()) : -1;
  return at === -1 ? [...names, name] : [...names.slice(0, at), name, ...names.slice(at)];
}

/** Before the first import from a path that comes later, else after the last import. */
function withImport(text, line, from) {
  const imports = [...text.matchAll(/^import [^;]*? from '([^']+)';\n/gm)];
  const next = imports.find(([, path]) => path.startsWith('.') && path > from);
  const last = imports.at(-1);
  const at = next ? next.index : last.index + last[0].length;
  return `${text.slice(0, at)}${line}\n${text.slice(at)}`;
}

/** The table of an app's refusals with one more. @param {string} row  `CODE: { … },` */
export function withRefusal(text, row) {
  const table = text.indexOf('defineErrors({');
  const end = text.indexOf('\n});', table);
  if (table === -1 || end === -1) throw new SliceProblem('The table of refusals has not the form that is known here.');
  return `${text.slice(0, end)}\n  ${row}${text.slice(end)}`;
}

/** The table of routes with one more, after the last of the same owner. */
export function withRoute(text, owner, row) {
  const last = text.lastIndexOf(`    owner: '${owner}',`);
  const end = last === -1 ? text.indexOf('\n} as const satisfies') : text.indexOf('\n  },\n', last) + '\n  },'.length;
  return `${text.slice(0, end)}\n${row.trimEnd()}${text.slice(end)}`;
}
