import { defineErrors } from '@ganglion/kernel';

/** Why a projection is not made anew. Whatever the reason, the tables that serve are as they were. */
export const refuseRebuild = defineErrors({
  NEVER_REBUILT: { kind: 'conflict', message: 'This projection cannot be rebuilt' },
  REBUILD_RUNS: { kind: 'conflict', message: 'This projection is being rebuilt already' },
  NOT_BEGUN: { kind: 'conflict', message: 'This projection has not begun to read its log' },
  TABLES_UNSUITABLE: { kind: 'conflict', message: 'The tables of this projection cannot be exchanged' },
  TABLES_CHANGED: { kind: 'conflict', message: 'The tables have been migrated meanwhile; rebuild again' },
  PROJECTION_RESET: { kind: 'conflict', message: 'The projection follows another log than before; rebuild again' },
  READERS_IN_THE_WAY: { kind: 'unavailable', message: 'Transactions that read for a long time were in the way' },
});
