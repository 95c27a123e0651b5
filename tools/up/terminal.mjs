/**
 * What the operator sees: one line per step with its duration. On a terminal the running step is shown and then
 * replaced; elsewhere (a pipe, a log) there are only whole lines.
 * @param {{ write: (text: string) => void, isTTY?: boolean, on?: (event: 'error', listener: (error: any) => void) => void }} stream
 */
export function createTerminal(stream) {
  stream.on?.('error', (error) => {
    // Whoever read it is gone; what was started must be stopped in good order all the same.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
  const colour = stream.isTTY === true;
  const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  let running = null;

  const clear = () => running !== null && colour && stream.write('\r\u001b[2K');
  const show = () => running !== null && colour && stream.write(`  … ${running}`);
  const say = (text = '') => {
    clear();
    stream.write(`${text}\n`);
    show();
  };

  /**
   * @template T
   * @param {string} name  what is being done, e.g. "Postgres"
   * @param {() => Promise<T>} work
   * @param {(result: T) => string} describe  the finished line's text, the step's name unless told
   * @returns {Promise<T>}
   */
  async function step(name, work, describe = () => name) {
    const startedMs = performance.now();
    running = name;
    show();
    try {
      const result = await work();
      clear();
      running = null;
      stream.write(`  ${paint(32, '✓')} ${describe(result).padEnd(64)} ${seconds(performance.now() - startedMs)}\n`);
      return result;
    } catch (error) {
      clear();
      running = null;
      throw error;
    }
  }

  return { say, step, warn: (text) => say(`  ${paint(33, '!')} ${text}`), bold: (text) => paint(1, text) };
}

export const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
