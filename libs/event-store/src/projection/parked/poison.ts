import { Refusal } from '@ganglion/kernel';
import { DatabaseError } from 'pg';
import { isDatabaseAway } from '../database-away.js';

/** Serialisation failures and deadlocks, no lock in time, objects in use, cancelled, a standby: the next attempt may go well. */
const PASSING = /^(40|55P03|55006|57014|25006)/;

/**
 * Table, column, schema or right absent: the tables are not those that the code was written for. That hits every event alike
 * and is put right by a migration, so parking events because of it would only hide it.
 */
const WRONG_SCHEMA = /^(42P01|42703|42501|3F000|3D000)/;

/** Whether an error of a projection may be the fault of an event. If not, the event must be offered again until it goes through. */
export function mayBePoison(error: unknown): boolean {
  if (isDatabaseAway(error)) return false;
  if (error instanceof DatabaseError) return !PASSING.test(error.code ?? '') && !WRONG_SCHEMA.test(error.code ?? '');
  return !(error instanceof Refusal && ['unavailable', 'timeout', 'limited'].includes(error.kind));
}
