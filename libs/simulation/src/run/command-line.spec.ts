import { simulate } from './command-line.js';

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await simulate(args, { say: (line) => lines.push(line), nowMs: () => 0 });
  return { code, said: lines.join('\n') };
}

describe('npm run simulate', () => {
  it('says what it has simulated', async () => {
    const { code, said } = await run('--world', 'a', '--seeds', '2', '--from', '3');
    expect(code).toBe(0);
    expect(said).toContain('world a: 2 seeds from 3');
    expect(said).toMatch(/events acknowledged +\d\d/);
  });

  it('prints the history of one seed, with some of its faults', async () => {
    const { said } = await run('--world', 'a', '--seed', '3', '--faults', '1', '--trace');
    expect(said.match(/ fault +#/g)).toHaveLength(1);
    expect(said).toContain('auth-1.1     starts');
  });

  it.each([[['--world', 'c']], [['--seeds', 'many']], [['--unknown']]])(
    'explains itself when it is told %j',
    async (args) => {
      const { code, said } = await run(...args);
      expect(code).toBe(2);
      expect(said).toContain('--world a|b|all');
    },
  );
});
