import { between, oneOf, weighted, type Chance } from '../chance.js';
import { WEIGHTS, type Fault, type FaultKind } from './kinds.js';

/** One fault in so many comes with a second one at the same moment. */
const TWO_IN = 6;

/** What is there to be hurt at this moment: instances that run and are not frozen. */
export interface Targets {
  instances: readonly { name: string; app: string }[];
}

/** What comes next: one fault, sometimes two at once. Depends on nothing but its arguments. */
export function nextFaults(chance: Chance, targets: Targets, only?: readonly FaultKind[]): Fault[] {
  const first = nextFault(chance, targets, only);
  if (between(chance, 0, TWO_IN) > 0) return [first];
  const others = targets.instances.filter(({ name }) => name !== first.target);
  return [first, nextFault(chance, { instances: others }, only)];
}

function nextFault(chance: Chance, { instances }: Targets, only: readonly FaultKind[] | undefined): Fault {
  const weights = Object.fromEntries(
    Object.entries(WEIGHTS).filter(([kind]) => !only || only.includes(kind as FaultKind)),
  ) as Partial<Record<FaultKind, number>>;
  const kind = weighted(chance, weights);
  const durationMs = kind in DURATIONS ? between(chance, 100, DURATIONS[kind]!) : null;
  return { kind, target: targetOf(chance, kind, instances), durationMs };
}

const DURATIONS: Partial<Record<FaultKind, number>> = { freeze: 6_000, 'freeze-nats': 4_000, 'freeze-database': 3_000 };

function targetOf(chance: Chance, kind: FaultKind, instances: Targets['instances']): string {
  if (kind.endsWith('-nats') || kind === 'delete-folder') return 'nats';
  if (kind === 'kill-postgres') return 'postgres';
  if (kind === 'delete-streams') return oneOf(chance, ['all', 'one']);
  // Gateways keep no data.
  const able = kind.endsWith('-database') ? instances.filter(({ app }) => app !== 'gateway') : instances;
  return able.length > 0 ? oneOf(chance, able).name : 'none';
}
