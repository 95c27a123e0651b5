import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this command was built in; the launcher lives there. */
export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

/** What the launcher says of a running system, in `run.json` of the data folder. */
export interface RunFile {
  pid: number;
  url?: string;
  postgres?: { urls?: Record<string, string>; adminUrl?: string; pid?: number | null };
  nats?: { url: string; subscriber: { user: string; password: string } | null; pid?: number | null };
  /** Names of all processes, ready or not: `rooms`, or `rooms-1` and `rooms-2`. */
  instances?: string[];
  /** Those that are ready, by name. */
  apps?: Record<string, { pid: number; healthPort: number }>;
  /** Unix socket on which the launcher takes requests. */
  control?: string;
}

export function dataFolder(environment: Record<string, string | undefined> = process.env): string {
  return resolve(environment['GANGLION_DATA_DIR'] || join(CHECKOUT, '.ganglion'));
}

/** Null: nothing runs on that folder. */
export function readRunFile(dataDir: string): RunFile | null {
  const path = join(dataDir, 'run.json');
  if (!existsSync(path)) return null;
  const run = JSON.parse(readFileSync(path, 'utf8')) as RunFile;
  return isAlive(run.pid) ? run : null;
}

/** @throws ProblemToSay when nothing runs there */
export function runningSystem(dataDir: string): RunFile {
  const run = readRunFile(dataDir);
  if (!run)
    throw new ProblemToSay(
      `No system runs on ${dataDir}. Start one with \`npm start\`, or name its folder in GANGLION_DATA_DIR.`,
    );
  return run;
}

/** Something the user can put right: printed as one sentence, without a stack. */
export class ProblemToSay extends Error {}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
