import type { Timers } from '@ganglion/kernel';
import { RemoteError, type LogAsker } from '@ganglion/messaging';
import { headOf, logSource } from './log-source.js';

const atOnce: Timers = {
  after: (_, run) => {
    const turn = setImmediate(run);
    return () => clearImmediate(turn);
  },
};
const refusal = (status: number) => new RemoteError(status, { errcode: 'M_UNKNOWN', error: 'no' });

describe('the log of another service', () => {
  /** Answers with each of these in turn. */
  function asker(...answers: unknown[]) {
    const asked: unknown[][] = [];
    const ask = async (...call: unknown[]) => {
      asked.push(call);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { asked, rpc: { ask } as unknown as LogAsker };
  }
  const page = { logId: 'x', head: 9, events: [] };

  it('is read over the bus', async () => {
    const { asked, rpc } = asker(page);
    expect(await logSource(rpc, 'auth').read(3, 50)).toBe(page);
    expect(asked).toEqual([
      ['log.auth.auth.read', { after: 3, limit: 50 }, expect.objectContaining({ idempotent: true })],
    ]);
  });

  it('is asked for again while its service is away', async () => {
    const { asked, rpc } = asker(refusal(503), refusal(504), refusal(429), page);
    expect(await logSource(rpc, 'auth', atOnce).read(3, 50)).toBe(page);
    expect(asked).toHaveLength(4);
  });

  it('is not when it refuses, when it stays away, or when nobody wants it any more', async () => {
    await expect(logSource(asker(refusal(500)).rpc, 'auth', atOnce).read(0, 1)).rejects.toThrow('500');
    const away = asker(...Array.from({ length: 100 }, () => refusal(503)));
    await expect(logSource(away.rpc, 'auth', atOnce).read(0, 1)).rejects.toThrow('503');
    expect(away.asked.length).toBe(60);
    const stop = AbortSignal.abort(new Error('stopping'));
    const stopped = asker(refusal(503), page);
    await expect(logSource(stopped.rpc, 'auth', atOnce).read(0, 1, stop)).rejects.toThrow('stopping');
    expect(stopped.asked.length).toBe(1);
  });

  it('says where it ends', async () => {
    expect(await headOf(asker(page).rpc, 'auth', 4)).toBe(9);
  });
});
