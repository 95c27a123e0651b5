// What an idle system costs, and how fast it is back.
import { readFileSync, readdirSync } from 'node:fs';
import { Report } from './report.mjs';

export async function benchFootprint({ start }) {
  const report = new Report('The whole system at rest');
  const first = await start();
  await new Promise((resolve) => setTimeout(resolve, 5_000)); // start-up garbage goes
  const { total, rows } = proportionalMemory(first.runJson.pid);
  for (const [name, mb] of rows) report.add(`memory of ${name}`, mb, 'MB PSS');
  report.add('memory of everything', total, 'MB PSS', { target: '≤ 700 MB' });
  await first.stop();
  const from = performance.now();
  const second = await start({ dataDir: first.dataDir });
  report.add('restart of everything to ready', (performance.now() - from) / 1000, 's', { target: '≤ 8 s' });
  await second.stop();
  await second.remove();
  report.print();
}

/** Proportional set size of a process and everything below it; shared pages count once. MB. */
function proportionalMemory(rootPid) {
  const children = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`))?.[1];
    if (parent) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const sums = new Map();
  const walk = (pid) => {
    const kb = Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
    const name = nameOf(read(`/proc/${pid}/cmdline`).split('\0'));
    sums.set(name, (sums.get(name) ?? 0) + kb / 1024);
    for (const child of children.get(pid) ?? []) walk(child);
  };
  walk(String(rootPid));
  const rows = [...sums].sort(([, a], [, b]) => b - a);
  return { rows, total: rows.reduce((sum, [, mb]) => sum + mb, 0) };
}

function nameOf([program = '', ...args]) {
  const app = args.map((arg) => /apps\/(\w+)\/dist/.exec(arg)?.[1]).find(Boolean);
  if (app) return app;
  if (args.some((arg) => arg.endsWith('start.mjs'))) return 'launcher';
  return program.startsWith('postgres') || program.endsWith('/postgres') ? 'postgres' : program.split('/').pop();
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES') return ''; // it has just ended
    throw error;
  }
}
