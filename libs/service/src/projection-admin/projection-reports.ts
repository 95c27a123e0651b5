import type { LogService } from '@ganglion/contracts';
import type { ParkedEvent, RebuildProgress, RebuildReport, RetryReport } from '@ganglion/event-store';

/** One projection, as the process says that runs it (`each.<service>.projections.list`). */
export interface ProjectionStatus {
  name: string;
  service: LogService;
  instance: string;
  /** Whose log it reads. */
  source: LogService;
  tables: readonly string[];
  /** Null: it has not begun. */
  position: number | null;
  /** Last position of the log. Null: the service that keeps it does not answer. */
  head: number | null;
  /** Whether events that it cannot apply are parked; otherwise it halts at them. */
  parks: boolean;
  /** Events that are parked. */
  parked: number;
  /** Null: it can be rebuilt. */
  neverRebuilt: string | null;
  /** The last one that this process was asked for. */
  job: ProjectionJob | null;
}

interface Job {
  id: string;
  startedAtMs: number;
  /** Why it ended without a result; nothing has been exchanged then. Null: it runs, or has a result. */
  problem: string | null;
}

export interface RebuildJob extends Job {
  kind: 'rebuild';
  replace: boolean;
  progress: RebuildProgress | null;
  report: RebuildReport | null;
}

export interface RetryJob extends Job {
  kind: 'retry';
  /** Events so far. */
  applied: number;
  report: RetryReport | null;
}

export type ProjectionJob = RebuildJob | RetryJob;

export const hasEnded = ({ problem, report }: ProjectionJob): boolean => problem !== null || report !== null;

/** Questions to every process of a service; those that do not run the projection answer null. */
export interface ProjectionRequests {
  'projections.list': { ask: Record<string, never>; answer: ProjectionStatus[] | null };
  'projections.rebuild': { ask: { name: string; replace: boolean }; answer: JobStarted | null };
  'projections.retry': { ask: { name: string; stream?: string; pos?: number }; answer: JobStarted | null };
  'projections.job': { ask: { id: string }; answer: ProjectionJob | null };
}

/** `refused`: in words for people. */
export type JobStarted = { id: string } | { refused: string };

/** A question to any process of a service (`qry.<service>.projections.parked`). */
export interface ParkedRequest {
  /** Null: of all its projections. */
  name: string | null;
  limit: number;
}
export type ParkedReply = ParkedEvent[];
