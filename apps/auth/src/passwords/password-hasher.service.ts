import { availableParallelism } from 'node:os';
import type { Config } from '@ganglion/config';
import { ALPHANUMERIC, type Clock, type Ids } from '@ganglion/kernel';
import { currentCall } from '@ganglion/messaging';
import { counter, gauge, latencyHistogram, type Counter, type Histogram, type Registry } from '@ganglion/observability';
import { CLOCK, CONFIG, IDS, REGISTRY } from '@ganglion/service';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { HashingQueue } from './hashing-queue.js';
import { MAX_PASSWORD_CHARS, preparedPassword } from './password-policy.js';

/** Argon2id, in the numbering of the library, whose own enum does not exist at run time. */
const ARGON2ID = 2;
const WAITING_PER_CORE = 64;

/** Hashes and verifies on the thread pool, at most one per core at a time. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly queue: HashingQueue;
  private readonly seconds: Histogram;
  private readonly refused: Counter;
  /** Of a password nobody has: what unknown users are verified against, so that they take as long as known ones. */
  private nobodysHash = '';

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) clock: Clock,
    @Inject(REGISTRY) registry: Registry,
  ) {
    const cores = availableParallelism();
    this.queue = new HashingQueue({ maxRunning: cores, maxWaiting: cores * WAITING_PER_CORE, clock });
    gauge(registry, 'ganglion_auth_hashing_waiting', 'Passwords waiting to be hashed', () => this.queue.queued);
    this.seconds = latencyHistogram(registry, 'ganglion_auth_hashing_seconds', 'Hashing or verifying one password');
    this.refused = counter(registry, 'ganglion_auth_hashing_refused_total', 'Passwords not looked at: too many waited');
    this.refused.inc(0);
  }

  async onModuleInit(): Promise<void> {
    this.nobodysHash = await this.hash(this.ids.random(32, ALPHANUMERIC));
  }

  /** PHC string of argon2id. @throws HASHING_BUSY */
  hash(password: string): Promise<string> {
    const { argon2, pepper } = this.config.auth.password_config;
    return this.inTurn(() =>
      hash(preparedPassword(password, pepper), {
        algorithm: ARGON2ID,
        memoryCost: argon2.memory_kib,
        timeCost: argon2.iterations,
        parallelism: argon2.parallelism,
      }),
    );
  }

  /**
   * Takes as long for an account without a password as for any other.
   * @param stored  null: there is no password
   * @throws HASHING_BUSY
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const possible = stored !== null && stored.startsWith('$argon2') && password.length <= MAX_PASSWORD_CHARS;
    const presented = preparedPassword(password.slice(0, MAX_PASSWORD_CHARS), this.config.auth.password_config.pepper);
    const right = await this.inTurn(() => verify(possible ? stored : this.nobodysHash, presented));
    return possible && right;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const call = currentCall();
    try {
      return await this.queue.run(
        async () => {
          const stop = this.seconds.startTimer();
          const result = await work();
          stop();
          return result;
        },
        () => call === undefined || call.remainingMs() > 0,
      );
    } catch (error) {
      if ((error as { code?: string }).code === 'HASHING_BUSY') this.refused.inc();
      throw error;
    }
  }
}
