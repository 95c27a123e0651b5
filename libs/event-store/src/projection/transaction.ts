import type pg from 'pg';

/** Runs `work` in one transaction on a connection of its own; rolls back and passes on what it throws. */
export async function inTransaction<T>(pool: pg.Pool, work: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  // A connection that breaks between two statements says so here as well as at the next statement.
  const onError = (error: Error) => (broken = error);
  tx.on('error', onError);
  try {
    await tx.query('begin');
    const result = await work(tx);
    await tx.query('commit');
    return result;
  } catch (error) {
    await tx.query('rollback').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    tx.off('error', onError);
    tx.release(broken);
  }
}
