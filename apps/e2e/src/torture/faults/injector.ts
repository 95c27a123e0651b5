import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Part, RunJson, System } from '../../../../../tools/up/system.mjs';
import { between, oneOf, type Chance } from '../chance.js';
import type { History } from '../history.js';
import { onCluster, sessionsOf, terminate } from './databases.js';
import type { Fault, FaultKind } from './kinds.js';
import type { Watch } from './watch.js';

export interface InjectorOptions {
  system: System;
  history: History;
  watch: Watch;
  chance: Chance;
  /** The streams, or what they held, are going; afterwards that they are gone. Public events may be lost to readers who are behind. */
  onWipe: () => () => Promise<void>;
}

/** What is there for faults to be done with; a fault that finds it absent does not happen. */
class NotThere extends Error {}

/** Does to the system what was planned, and undoes what lasts. */
export class Injector {
  private readonly lasting = new Map<NodeJS.Timeout, () => void>();
  private n = 0;

  constructor(private readonly options: InjectorOptions) {}

  /** @returns whether it could be done: a server that is away cannot be asked to cut a connection */
  async inject(fault: Fault, together = false): Promise<boolean> {
    const atMs = performance.now();
    try {
      const target = (await this.deeds[fault.kind](fault)) ?? fault.target;
      this.options.history.faults.push({ n: ++this.n, ...fault, target, atMs, together });
      return true;
    } catch (error) {
      if (error instanceof NotThere || isAway(error)) return false;
      throw error;
    }
  }

  /** Ends what lasts at once. */
  end(): void {
    for (const [timer, undo] of this.lasting) {
      clearTimeout(timer);
      undo();
    }
    this.lasting.clear();
  }

  private readonly deeds: Record<FaultKind, (fault: Fault) => Promise<string | void>> = {
    kill: async ({ target }) => this.signal(target, 'SIGKILL'),
    stop: async ({ target }) => this.signal(target, 'SIGTERM'),
    freeze: async (fault) => this.freeze(fault),
    'kill-nats': async () => void this.send('nats', 'SIGKILL'),
    'freeze-nats': async (fault) => this.freeze(fault),
    'delete-streams': ({ target }) => this.deleteStreams(target === 'all'),
    'delete-folder': async () => this.deleteFolder(),
    'kill-postgres': async () => void this.send('postgres', 'SIGKILL'),
    'cut-database': ({ target }) => this.cutDatabase(target),
    'freeze-database': (fault) => this.freezeDatabase(fault),
  };

  private signal(name: string, signal: NodeJS.Signals): void {
    this.send(name, signal);
    this.options.watch.ending(name);
  }

  private freeze({ target, durationMs }: Fault): void {
    const { watch } = this.options;
    const pid = this.send(target, 'SIGSTOP');
    watch.froze(target);
    this.later(durationMs!, () => {
      thaw(pid);
      watch.thawed(target);
    });
  }

  private async deleteStreams(all: boolean): Promise<string> {
    const { nats } = this.run();
    if (!nats?.pid) throw new NotThere();
    const { protocol, host, username, password } = new URL(nats.url);
    const login = { user: username, pass: decodeURIComponent(password) };
    const connection = await connect({ servers: `${protocol}//${host}`, ...login, reconnect: false, timeout: 2_000 });
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 });
      const names = (await manager.streams.names().next()).sort();
      if (names.length === 0) throw new NotThere();
      const doomed = all ? names : [oneOf(this.options.chance, names)];
      const wiped = this.options.onWipe();
      for (const name of doomed) await manager.streams.delete(name);
      await wiped();
      return all ? 'all' : doomed[0]!;
    } finally {
      await connection.close();
    }
  }

  /** The server may have stored into files that nobody can find any more: it is killed a moment later. */
  private async deleteFolder(): Promise<void> {
    if (!this.run().nats?.pid) throw new NotThere();
    const wiped = this.options.onWipe();
    await rm(join(this.options.system.dataDir, 'nats', 'jetstream'), { recursive: true, force: true });
    this.later(between(this.options.chance, 0, 3_000), () => {
      if (this.run().nats?.pid) this.send('nats', 'SIGKILL');
      void wiped();
    });
  }

  private async cutDatabase(target: string): Promise<string> {
    const sessions = await this.sessions(target);
    const { chance } = this.options;
    const cut = between(chance, 0, 2) === 0 ? sessions : sessions.filter(() => between(chance, 0, 2) === 0);
    const pids = (cut.length > 0 ? cut : sessions).map(({ pid }) => pid);
    await onCluster(this.run().postgres!.adminUrl, (client) => terminate(client, pids));
    return `${serviceOf(target)} (${pids.length} connections)`;
  }

  private async freezeDatabase({ target, durationMs }: Fault): Promise<string> {
    const { pid } = oneOf(this.options.chance, await this.sessions(target));
    sendTo(pid, 'SIGSTOP');
    this.later(durationMs!, () => thaw(pid));
    return `${serviceOf(target)} (one session)`;
  }

  /** Of one process of the service. */
  private async sessions(target: string) {
    const { postgres } = this.run();
    if (!postgres?.pid) throw new NotThere();
    const all = await onCluster(postgres.adminUrl, (client) => sessionsOf(client, serviceOf(target)));
    if (all.length === 0) throw new NotThere();
    const chosen = oneOf(this.options.chance, [...new Set(all.map(({ process }) => process))]);
    return all.filter(({ process }) => process === chosen);
  }

  private later(ms: number, undo: () => void): void {
    const timer = setTimeout(() => {
      this.lasting.delete(timer);
      undo();
    }, ms);
    this.lasting.set(timer, undo);
  }

  private send(name: string, signal: NodeJS.Signals): number {
    const run = this.run();
    const pid = run.apps?.[name]?.pid ?? (name === 'nats' || name === 'postgres' ? run[name]?.pid : null);
    if (!pid) throw new NotThere();
    try {
      return this.options.system.kill(name as Part, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') throw new NotThere();
      throw error;
    }
  }

  private run(): RunJson {
    const run = this.options.system.runJson;
    if (!run) throw new Error('the launcher has ended');
    return run;
  }
}

const serviceOf = (instance: string): string => instance.replace(/-\d+$/, '');

/** What has ended meanwhile needs no thawing. */
function thaw(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') throw new NotThere();
    throw error;
  }
}

/** A server that another fault has just ended. */
function isAway(error: unknown): boolean {
  const { code, name, message } = error as NodeJS.ErrnoException;
  const words = `${code ?? ''} ${name} ${message}`;
  return /ECONN|57P0|timeout|Timeout|terminated|closed|NoResponders|DISCONNECT|starting up|shutting down|not found/.test(
    words,
  );
}
