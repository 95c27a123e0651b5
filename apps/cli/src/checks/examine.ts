import { ConfigError, loadConfig, processEnvironment, type Config } from '@ganglion/config';
import { dataFolder, readRunFile } from '../place.js';
import { examineBus } from './bus.check.js';
import { examineDatabases } from './database.check.js';
import { bad, good, type Finding } from './finding.js';
import { examineGateway } from './gateway.check.js';
import { examineMachine } from './machine.check.js';

/** Every dependency, in the order in which a start needs them. */
export async function examine(): Promise<Finding[]> {
  const dataDir = dataFolder();
  const run = readRunFile(dataDir);
  const [configuration, config] = examineConfiguration();
  const findings = [...(await examineMachine(dataDir)), configuration];
  if (!config) return findings;
  const databases = await examineDatabases(run, config);
  const bus = await examineBus(run, config);
  return [...findings, ...databases, ...bus, ...(await examineGateway(run, config, dataDir))];
}

function examineConfiguration(): [Finding, Config | null] {
  try {
    return [good('configuration', 'every key is known and in bounds'), loadConfig(processEnvironment())];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      bad('configuration', error.problems.join('; '), 'correct these keys; `ganglion config check` lists them again'),
      null,
    ];
  }
}
