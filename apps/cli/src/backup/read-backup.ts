import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_SERVICES } from '@ganglion/contracts';
import { ProblemToSay } from '../place.js';
import { openBackupFolder } from './archive.js';
import { checkFile, checkTableFile } from './copy.js';
import { MANIFEST, parseManifest, secretFile, SUMS, type Manifest } from './manifest.js';
import type { Progress } from './progress.js';
import { requireOneMoment, sha256 } from './write-backup.js';

export interface Backup {
  folder: string;
  manifest: Manifest;
  close(): void;
}

/** @throws ProblemToSay when it is no backup, none that this build can read, or its own description was damaged */
export async function openBackup(path: string): Promise<Backup> {
  const { folder, close } = await openBackupFolder(path);
  try {
    return { folder, manifest: readManifest(path, folder), close };
  } catch (error) {
    close();
    throw error;
  }
}

function readManifest(path: string, folder: string): Manifest {
  const [manifest, sums] = [join(folder, MANIFEST), join(folder, SUMS)];
  if (!existsSync(manifest) || !existsSync(sums)) {
    throw new ProblemToSay(
      `${path} has no ${MANIFEST} or no ${SUMS}: it is no backup, or one that was never finished.`,
    );
  }
  const text = readFileSync(manifest, 'utf8');
  try {
    if (!readFileSync(sums, 'utf8').includes(`${sha256(text)}  ${MANIFEST}\n`))
      throw new Error(`${SUMS} has another digest of it`);
    return parseManifest(text);
  } catch (error) {
    throw new ProblemToSay(`The ${MANIFEST} of ${path} cannot be used: ${(error as Error).message}.`);
  }
}

/** Reads every file to its end, without a database. @throws ProblemToSay naming what is missing, cut off or changed */
export async function verifyBackup({ folder, manifest }: Backup, progress: Progress): Promise<void> {
  const problems: string[] = [];
  const check = async (file: string, work: (path: string, onBytes: (sizeBytes: number) => void) => Promise<void>) => {
    try {
      await progress.during(file, (onBytes) => work(join(folder, file), onBytes));
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      problems.push(`${file}: ${isMissing ? 'it is missing' : (error as Error).message}`);
    }
  };
  for (const service of LOG_SERVICES) {
    for (const table of manifest.services[service].tables) {
      await check(table.file, (path, onBytes) => checkTableFile(path, table, manifest.files[table.file]!, onBytes));
    }
  }
  for (const name of manifest.secrets) {
    const file = secretFile(name);
    await check(file, (path, onBytes) => checkFile(path, manifest.files[file]!, onBytes));
  }
  requireOneMoment(manifest);
  if (problems.length > 0) {
    throw new ProblemToSay(`The backup is damaged:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}
