import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { bad, good, warning, type Finding } from './finding.js';

const GIB = 1024 ** 3;

export async function examineMachine(dataDir: string): Promise<Finding[]> {
  return [node(), folder(dataDir), disk(dataDir)];
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return good('Node.js', process.versions.node);
  return bad('Node.js', process.versions.node, 'install Node 20.19 or newer');
}

function folder(dataDir: string): Finding {
  try {
    accessSync(nearest(dataDir), constants.W_OK);
    return good('data folder', existsSync(dataDir) ? dataDir : `${dataDir} (will be made at the first start)`);
  } catch {
    return bad(
      'data folder',
      `${dataDir} cannot be written`,
      'run as its owner, or choose another with GANGLION_DATA_DIR',
    );
  }
}

function disk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(nearest(dataDir));
  const free = (bavail * bsize) / GIB;
  const found = `${free.toFixed(1)} GiB free`;
  if (free < 0.5) return bad('disk', found, 'free some space: the databases stop accepting writes when it is full');
  if (free < 5) return warning('disk', found, 'free some space before it runs full');
  return good('disk', found);
}

function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}
