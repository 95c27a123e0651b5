import { logOf, subjects, type LogService } from '@ganglion/contracts';
import type { EventSource } from '@ganglion/event-store';
import { systemTimers, type Timers } from '@ganglion/kernel';
import { RemoteError, type LogAsker, type LogRead, type LogReadReply } from '@ganglion/messaging';

const READ_BUDGET_MS = 5_000;
const PAUSE_MS = 500;
/** With the pauses, long enough for the other service to be started again. */
const ATTEMPTS = 60;

/** Another service's log, read over the bus. While that service is away it is asked again for a while. */
export function logSource(rpc: LogAsker, service: LogService, timers: Timers = systemTimers): EventSource {
  const subject = subjects.logRead(service, logOf(service));
  return {
    read: async (after, limit, signal) => {
      const body: LogRead = { after, limit };
      const options = { budgetMs: READ_BUDGET_MS, idempotent: true, ...(signal ? { signal } : {}) };
      for (let attempt = 1; ; attempt++) {
        try {
          return await rpc.ask<LogReadReply>(subject, body, options);
        } catch (error) {
          const away = error instanceof RemoteError && (error.status >= 503 || error.status === 429);
          if (!away || attempt === ATTEMPTS) throw error;
          signal?.throwIfAborted();
          await new Promise<void>((resolve) => timers.after(PAUSE_MS, resolve));
        }
      }
    },
  };
}

/** Last position of another service's log. @throws RemoteError */
export async function headOf(rpc: LogAsker, service: LogService, from: number): Promise<number> {
  const body: LogRead = { after: from, limit: 1 };
  const options = { budgetMs: 500, idempotent: true };
  return (await rpc.ask<LogReadReply>(subjects.logRead(service, logOf(service)), body, options)).head;
}
