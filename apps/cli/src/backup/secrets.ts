import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@ganglion/config';

const folderOf = (dataDir: string): string => join(dataDir, 'secrets');

/** Secrets of the data folder by name; those being made at this moment are not there yet. */
export function readSecrets(dataDir: string): Map<string, Buffer> {
  const folder = folderOf(dataDir);
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Names of secrets that are there with other contents than these. */
export function conflictingSecrets(dataDir: string, wanted: ReadonlyMap<string, Buffer>): string[] {
  const present = readSecrets(dataDir);
  return [...wanted].flatMap(([name, content]) => (present.get(name)?.equals(content) === false ? [name] : []));
}

export function writeSecrets(dataDir: string, secrets: ReadonlyMap<string, Buffer>): void {
  mkdirSync(folderOf(dataDir), { recursive: true, mode: 0o700 });
  for (const [name, content] of secrets)
    writeFileSync(join(folderOf(dataDir), name), content, { mode: 0o600, flush: true });
}

/** Keys of the configuration that hold a secret on which stored data or tokens depend. */
export function configuredSecrets({ auth, server }: Config): string[] {
  const set = {
    'server.data_key_master': server.data_key_master,
    'auth.token_checksum_key': auth.token_checksum_key,
    'auth.registration_shared_secret': auth.registration_shared_secret,
    'auth.password_config.pepper': auth.password_config.pepper,
  };
  return Object.entries(set).flatMap(([key, value]) => (value ? [key] : []));
}
