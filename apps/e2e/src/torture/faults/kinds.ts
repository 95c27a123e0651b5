/** What can be done to a running system without being root. */
export const FAULTS = {
  kill: 'kill -9 of a process',
  stop: 'SIGTERM of a process',
  freeze: 'SIGSTOP of a process for 0.1–6 s',
  'kill-nats': 'kill -9 of nats-server',
  'freeze-nats': 'SIGSTOP of nats-server for 0.1–4 s: every connection hangs',
  'delete-streams': 'all JetStream streams deleted, or one',
  'delete-folder': 'JetStream’s folder deleted while it runs',
  'kill-postgres': 'kill -9 of Postgres with all its sessions',
  'cut-database': 'some or all database connections of a process cut',
  'freeze-database': 'a database session of a process stopped for 0.1–3 s',
} as const;

export type FaultKind = keyof typeof FAULTS;

export const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  kill: 30,
  stop: 18,
  freeze: 22,
  'kill-nats': 4,
  'freeze-nats': 4,
  'delete-streams': 4,
  'delete-folder': 1,
  'kill-postgres': 4,
  'cut-database': 8,
  'freeze-database': 5,
};

/** A fault that is to be injected. */
export interface Fault {
  kind: FaultKind;
  /** Name of an instance, `nats`, `postgres`, or a stream; `all`. */
  target: string;
  /** Of what lasts; null for what is done at once. */
  durationMs: number | null;
}
