import { readFileSync } from 'node:fs';
import { ConfigError, type Config } from '@ganglion/config';
import type { Logger } from '@ganglion/observability';
import { CONFIG, LOGGER } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { duplicates, namespaceConflicts } from './check-set.js';
import { parseFile, unreadable } from './parse-file.js';
import { describeProblem } from './problem.js';
import type { Registration } from './registration.js';

/**
 * The registrations of the configured files, in the order listed.
 * @throws ConfigError naming everything that is wrong with any of them, with what to do about it
 */
export function readFiles(
  paths: readonly string[],
  serverName: string,
  warn: (warning: string) => void,
  readFile = (path: string) => readFileSync(path, 'utf8'),
): Registration[] {
  const parsed = paths.map((path) => {
    let text: string;
    try {
      text = readFile(path);
    } catch (error) {
      return unreadable(path, (error as Error).message);
    }
    return parseFile(text, path, serverName);
  });
  const registrations = parsed.flatMap(({ registration }) => registration ?? []);
  const problems = [...parsed.flatMap((one) => one.problems), ...duplicates(registrations)];
  if (problems.length > 0) throw new ConfigError(problems.map(describeProblem));
  for (const { warnings } of parsed) warnings.forEach(warn);
  namespaceConflicts(registrations, serverName).forEach(warn);
  return registrations;
}

/** The files named by `appservice.config_files`. */
@Injectable()
export class RegistrationFiles {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** In the order listed. @throws ConfigError when one is wrong: nothing is served with a partial set */
  read(): Registration[] {
    const { appservice, server } = this.config;
    return readFiles(appservice.config_files, server.server_name, (warning) =>
      this.logger.warn({ warning }, 'registration file'),
    );
  }
}
