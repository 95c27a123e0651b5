/** Rows of one benchmark: name, figure, unit, and how it compares with the bare stack in the same run. */
export class Report {
  #rows = [];

  constructor(title) {
    this.title = title;
  }

  /** @param {{ target?: string, bare?: number }} options  `bare`: the same figure of the bare stack */
  add(what, figure, unit, { bare, target = '' } = {}) {
    const ratio = bare === undefined ? '' : `${((figure / bare) * 100).toFixed(0)} %`;
    this.#rows.push([what, `${format(figure)} ${unit}`, ratio, target]);
  }

  print() {
    const rows = [['', 'figure', 'of bare stack', 'target'], ...this.#rows];
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    console.log(`\n${this.title}`);
    for (const row of rows)
      console.log(
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd()}`,
      );
  }
}

const format = (figure) =>
  figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toFixed(figure >= 10 ? 1 : 2);

/**
 * Runs `work(caller)` in `callers` loops for `ms`. @returns {{ perSecond: number, p50: number, p95: number, p99: number }}
 * latencies in ms
 */
export async function load(callers, ms, work) {
  const latencies = [];
  const until = performance.now() + ms;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let call = 0; performance.now() < until; call++) {
        const from = performance.now();
        await work(caller, call);
        latencies.push(performance.now() - from);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: latencies.length / seconds, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
