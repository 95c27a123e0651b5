/** SQLSTATEs of our own functions; the letters are outside the ranges of the SQL standard and of Postgres. */
export const SQLSTATE = { staleEpoch: 'LG001', replacedLog: 'LG002' } as const;
