import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export interface Told<Data = Record<string, unknown>> {
  event: string;
  data: Data;
}

/**
 * A program nobody here wrote, run by a small script of ours in a process of its own. Everything it tells is kept, so that
 * a test can wait for something that has already happened.
 */
export class ChildScript {
  readonly told: Told[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly child: ChildProcess;
  private calls = 0;
  private stderr = '';

  constructor(script: string, args: string[] = []) {
    this.child = fork(join(CLIENTS, script), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.child.on('message', (message) => this.hear(message as Answer | Told));
    this.child.on('exit', (code) => this.gone(code));
  }

  call<Result>(method: string, args: object = {}): Promise<Result> {
    const id = ++this.calls;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.send({ id, method, args });
    });
  }

  /** Waits until something told satisfies `test`, from the beginning on. The test's own timeout ends it. */
  async hears<Data = Record<string, unknown>>(
    event: string,
    test: (data: Data) => boolean = () => true,
  ): Promise<Data> {
    for (;;) {
      const found = this.told.find((told) => told.event === event && test(told.data as Data));
      if (found) return found.data as Data;
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  stop(): void {
    this.child.removeAllListeners('exit');
    this.child.kill('SIGKILL');
  }

  private hear(message: Answer | Told): void {
    if ('event' in message) {
      this.told.push(message);
      for (const wake of this.waiting) wake();
      this.waiting.clear();
      return;
    }
    const call = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.error) call?.reject(Object.assign(new Error(message.error.message), message.error));
    else call?.resolve(message.result);
  }

  private gone(code: number | null): void {
    const error = new Error(`the client's process ended with ${code}: ${this.stderr}`);
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string; errcode?: string; httpStatus?: number };
}

const CLIENTS = join(__dirname, '../../clients');
