import type { MatrixErrorBody } from '@ganglion/contracts';
import { LETTERS, Refusal, type Clock, type Ids } from '@ganglion/kernel';
import { errorBodyOf } from '@ganglion/messaging';
import { CLOCK, IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import { dummyStage } from './dummy.stage.js';
import { UiaSessions } from './uia-sessions.store.js';
import {
  belongsTo,
  isComplete,
  isOver,
  UIA_SESSION_ID_LENGTH,
  withStage,
  type UiaFlows,
  type UiaSession,
} from './uia.js';

export interface UiaStage {
  type: string;
  /** What the stage proves, to be kept in the session. @throws Refusal: the client may try again */
  check(auth: Record<string, unknown>, session: UiaSession): Promise<unknown>;
}

export interface UiaRequest {
  auth: Record<string, unknown> | undefined;
  /** See `operationOf`. */
  operation: string;
  flows: UiaFlows;
  /** What the session shall keep of the body; no secrets. */
  body: Record<string, unknown>;
}

export interface UiaOutcome {
  /** Not stored yet: whoever asks may add to it and `keep` it. */
  session: UiaSession;
  done: boolean;
  failure?: MatrixErrorBody;
}

const STAGES = new Map([dummyStage].map((stage) => [stage.type, stage]));

/** Runs one request of user-interactive authentication (auth.md §7). A new stage is a file beside this and a row above. */
@Injectable()
export class UiaRunner {
  constructor(
    private readonly sessions: UiaSessions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** The session that `auth` names. Null: it names none, or none that lives. */
  async find(auth: Record<string, unknown> | undefined): Promise<UiaSession | null> {
    const session = auth?.['session'] === undefined ? null : await this.sessions.find(auth['session']);
    return session && !isOver(session, this.clock.nowMs()) ? session : null;
  }

  keep(session: UiaSession): Promise<void> {
    return this.sessions.save(session);
  }

  /**
   * @param known  what `find` found
   * @throws UIA_SESSION_UNKNOWN, UIA_OTHER_OPERATION
   */
  async advance(known: UiaSession | null, { auth, operation, flows, body }: UiaRequest): Promise<UiaOutcome> {
    if (auth?.['session'] !== undefined && !known) throw refuse('UIA_SESSION_UNKNOWN');
    if (known && !belongsTo(known, operation)) throw refuse('UIA_OTHER_OPERATION');
    const session = { ...(known ?? this.begin(operation)), body };
    if (auth?.['type'] === undefined) return { session, done: isComplete(flows, session) };
    try {
      const advanced = await this.pass(session, auth, flows);
      return { session: advanced, done: isComplete(flows, advanced) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { session, done: false, failure: errorBodyOf(error) };
    }
  }

  /** @throws what the stage throws; UIA_STAGE_UNKNOWN */
  private async pass(session: UiaSession, auth: Record<string, unknown>, flows: UiaFlows): Promise<UiaSession> {
    const type = auth['type'] as string;
    const stage = flows.flat().includes(type) ? STAGES.get(type) : undefined;
    if (!stage) throw refuse('UIA_STAGE_UNKNOWN');
    return withStage(session, type, await stage.check(auth, session));
  }

  private begin(operation: string): UiaSession {
    return {
      sessionId: this.ids.random(UIA_SESSION_ID_LENGTH, LETTERS),
      operation,
      createdAtMs: this.clock.nowMs(),
      completed: {},
      body: {},
      passwordHash: null,
      registering: null,
    };
  }
}
