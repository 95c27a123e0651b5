/** Thrown by `ask` when NATS itself says that nobody listens: there is no writer. */
export class NobodyListens extends Error {
  override readonly name = 'NobodyListens';
}

/** The little of the bus that the fence needs; bodies are JSON. */
export interface FenceBus {
  /** @throws NobodyListens */
  ask(subject: string, body: unknown, timeoutMs: number): Promise<unknown>;
  /** Answers requests with what the handler resolves to; one that fails or has nothing (undefined) does not answer. @returns how to stop */
  serve(subject: string, handler: (body: unknown) => Promise<unknown>): () => void;
  listen(subject: string, handler: (body: unknown) => void): () => void;
  publish(subject: string, body: unknown): void;
  onReconnect(listener: () => void): () => void;
  onDisconnect(listener: () => void): () => void;
}
