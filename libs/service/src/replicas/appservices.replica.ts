import type { RegistrationPublic, StoredEvent } from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import { MemorySink } from '../followers.js';

/** Every appservice registration without its secrets: gateway (tokens), auth (namespaces), rooms (aliases). */
export class AppservicesReplica extends MemorySink {
  private readonly byId = new Map<string, RegistrationPublic>();
  private readonly byToken = new Map<string, RegistrationPublic>();

  constructor(
    readonly name: string,
    private readonly rpc: Pick<RpcClient, 'query'>,
  ) {
    super();
  }

  get(asId: string): RegistrationPublic | undefined {
    return this.byId.get(asId);
  }

  /** @param hash  SHA-256 of the presented token, lower-case hex */
  byTokenHash(hash: string): RegistrationPublic | undefined {
    return this.byToken.get(hash);
  }

  all(): IterableIterator<RegistrationPublic> {
    return this.byId.values();
  }

  protected async load(): Promise<number> {
    const snapshot = await this.rpc.query<{ pos: number; registrations: RegistrationPublic[] }>(
      'appservice',
      'snapshot',
      {},
    );
    this.byId.clear();
    this.byToken.clear();
    for (const registration of snapshot.registrations) this.put(registration);
    return snapshot.pos;
  }

  protected applyOne(event: StoredEvent): void {
    if (event.type === 'registration.added' || event.type === 'registration.changed') {
      this.put(event.data as RegistrationPublic);
    } else if (event.type === 'registration.removed') {
      this.drop((event.data as { asId: string }).asId);
    }
  }

  private put(registration: RegistrationPublic): void {
    this.drop(registration.asId);
    this.byId.set(registration.asId, registration);
    this.byToken.set(registration.asTokenHash, registration);
  }

  private drop(asId: string): void {
    const old = this.byId.get(asId);
    // The token may have passed to another id, whose registration came first.
    if (old && this.byToken.get(old.asTokenHash) === old) this.byToken.delete(old.asTokenHash);
    this.byId.delete(asId);
  }
}
