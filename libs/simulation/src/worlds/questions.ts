import { THINGS } from '../processes/thing.js';
import type { Life } from '../time/life.js';
import type { Random } from '../time/random.js';
import type { Audit } from './audit.js';
import type { Slot } from './slots.js';

const THINK_MS = [40, 400] as const;

/** Clients who only look. Whichever process they ask shows at least what had been acknowledged to anybody before they asked. */
export class Questions {
  answered = 0;

  constructor(
    private readonly options: {
      life: Life;
      random: Random;
      services: readonly Slot[];
      audit: Audit;
      /** Whether leases count: not once somebody has robbed. */
      leasesCount: () => boolean;
      fail: (what: string) => void;
    },
  ) {}

  start(): void {
    const { life, random } = this.options;
    life.later(random.between(...THINK_MS), 'client', 'a client asks', () => {
      this.ask();
      this.start();
    });
  }

  private ask(): void {
    const { random, services, audit, fail, leasesCount } = this.options;
    const { service } = random.oneOf(services);
    if (!service?.ready || !service.life.alive) return;
    const id = String(random.int(0, THINGS));
    const { newest } = audit;
    const least = newest.get(`thing-${id}`) ?? 0;
    service.question(id, (count) => {
      if (count === null || audit.newest !== newest || !leasesCount()) return;
      this.answered++;
      if (count < least) fail(`${service.life.name} shows thing-${id} at v${count}, v${least} was acknowledged before`);
    });
  }
}
