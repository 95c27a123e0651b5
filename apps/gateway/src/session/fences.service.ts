import type { FenceMember } from '@ganglion/fence';
import { refuse } from '../gateway.errors.js';

/** How long a request waits for a replica that lags by a frame. */
const PATIENCE_MS = 1_000;

/**
 * Whether this process may answer authenticated requests: both of its fences hold, that of tokens and accounts (auth) and
 * that of restrictions (moderation), and it has read the appservices once.
 */
export class Fences {
  constructor(
    private readonly members: Readonly<Record<'auth' | 'moderation', FenceMember>>,
    private readonly appservicesLoaded: () => boolean,
  ) {}

  isOpen(): boolean {
    return this.members.auth.mayServe() && this.members.moderation.mayServe() && this.appservicesLoaded();
  }

  /** Waits a little. @throws FENCE_CLOSED (503): never 401, clients would log out */
  async open(withinMs = PATIENCE_MS): Promise<void> {
    const { auth, moderation } = this.members;
    while (!this.isOpen()) {
      const may = await Promise.all([auth.mayServeWithin(withinMs), moderation.mayServeWithin(withinMs)]);
      // One may have closed again while the other was waited for.
      if (!may.every(Boolean) || !this.appservicesLoaded()) return this.demandOpen();
    }
  }

  demandOpen(): void {
    if (!this.isOpen()) throw refuse('FENCE_CLOSED');
  }

  /** What is missing, for people. */
  problems(): string[] {
    const closed = Object.entries(this.members)
      .filter(([, member]) => !member.mayServe())
      .map(([name]) => `the fence of ${name} does not hold: its newest state is not known here`);
    return this.appservicesLoaded() ? closed : [...closed, 'the appservices have not been read yet'];
  }

  start(): void {
    for (const member of Object.values(this.members)) member.start();
  }

  stop(): void {
    for (const member of Object.values(this.members)) member.stop();
  }
}
