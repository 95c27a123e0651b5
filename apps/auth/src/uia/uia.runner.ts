import type { MatrixErrorBody } from '@ganglion/contracts';
import { LETTERS, Refusal, type Clock, type Ids } from '@ganglion/kernel';
import { errorBodyOf } from '@ganglion/messaging';
import { CLOCK, IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import { dummyStage } from './dummy.stage.js';
import { PasswordStage } from './password.stage.js';
import { UiaSessions } from './uia-sessions.store.js';
import {
  belongsTo,
  isComplete,
  isOver,
  UIA_SESSION_ID_LENGTH,
  withStage,
  type UiaClaimant,
  type UiaFlows,
  type UiaSession,
  type UiaStage,
} from './uia.js';

export interface UiaRequest {
  auth: Record<string, unknown> | undefined;
  /** See `operationOf`. */
  operation: string;
  flows: UiaFlows;
  /** Whose session asks, and has to be confirmed. Null: nobody has one yet. */
  claimant: UiaClaimant | null;
  /** What the session shall keep of the body; no secrets. */
  body: Record<string, unknown>;
}

export interface UiaOutcome {
  /** Not stored yet: whoever asks may add to it and `keep` it. */
  session: UiaSession;
  done: boolean;
  failure?: MatrixErrorBody;
}

/** Runs one request of user-interactive authentication (auth.md §7). A new stage is a file beside this and an entry below. */
@Injectable()
export class UiaRunner {
  private readonly stages: ReadonlyMap<string, UiaStage>;

  constructor(
    private readonly sessions: UiaSessions,
    password: PasswordStage,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {
    this.stages = new Map<string, UiaStage>([dummyStage, password].map((stage) => [stage.type, stage]));
  }

  /** The session that `auth` names. Null: it names none, or none that lives. */
  async find(auth: Record<string, unknown> | undefined): Promise<UiaSession | null> {
    const session = auth?.['session'] === undefined ? null : await this.sessions.find(auth['session']);
    return session && !isOver(session, this.clock.nowMs()) ? session : null;
  }

  keep(session: UiaSession): Promise<void> {
    return this.sessions.save(session);
  }

  /** The same for an operation. Null: `auth` names none. @throws UIA_SESSION_UNKNOWN, UIA_OTHER_OPERATION */
  async resume(auth: Record<string, unknown> | undefined, operation: string): Promise<UiaSession | null> {
    const known = await this.find(auth);
    demandOf(operation, known, auth);
    return known;
  }

  /**
   * @param known  what `find` or `resume` found
   * @throws UIA_SESSION_UNKNOWN, UIA_OTHER_OPERATION; what has to do with the request as a whole (`endsRequest`)
   */
  async advance(known: UiaSession | null, request: UiaRequest): Promise<UiaOutcome> {
    const { auth, operation, flows, body } = request;
    demandOf(operation, known, auth);
    const session = { ...(known ?? this.begin(operation)), body };
    if (auth?.['type'] === undefined) return { session, done: isComplete(flows, session) };
    try {
      const advanced = await this.pass(session, auth, request);
      return { session: advanced, done: isComplete(flows, advanced) };
    } catch (error) {
      if (!(error instanceof Refusal) || endsRequest(error)) throw error;
      return { session, done: false, failure: errorBodyOf(error) };
    }
  }

  /** @throws what the stage throws; UIA_STAGE_UNKNOWN */
  private async pass(session: UiaSession, auth: Record<string, unknown>, request: UiaRequest): Promise<UiaSession> {
    const type = auth['type'] as string;
    const stage = request.flows.flat().includes(type) ? this.stages.get(type) : undefined;
    if (!stage) throw refuse('UIA_STAGE_UNKNOWN');
    return withStage(session, type, await stage.check(auth, request.claimant));
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

function demandOf(operation: string, known: UiaSession | null, auth: Record<string, unknown> | undefined): void {
  if (auth?.['session'] !== undefined && !known) throw refuse('UIA_SESSION_UNKNOWN');
  if (known && !belongsTo(known, operation)) throw refuse('UIA_OTHER_OPERATION');
}

/** Not a stage that was failed and may be tried again, but no to the request: too many tries, the wrong person. */
function endsRequest({ code, kind }: Refusal): boolean {
  return code === 'UIA_OTHER_USER' || kind === 'limited' || kind === 'unavailable';
}
