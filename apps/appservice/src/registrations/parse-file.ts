import { parseDocument } from 'yaml';
import type { Document } from './parse-fields.js';
import { parseRegistration, type Parsed } from './parse-registration.js';
import type { ProblemCode } from './problem.js';

/** References to anchors in one file; more is an attack or a mistake. */
const MAX_ALIASES = 20;

/** The text of a registration file: YAML 1.2 (so JSON too) without tags. */
export function parseFile(text: string, source: string, serverName: string): Parsed {
  const yaml = parseDocument(text, { schema: 'core', uniqueKeys: true });
  const faults = [...yaml.errors, ...yaml.warnings].map(({ message }) => message.split('\n')[0]!);
  if (faults.length > 0) return unusable(source, `cannot be read as YAML: ${faults.join('; ')}`);
  let document: unknown;
  try {
    document = yaml.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    return unusable(source, `cannot be read as YAML: ${(error as Error).message}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return unusable(source, 'must hold one registration: keys such as id, url, as_token, hs_token, namespaces');
  }
  return parseRegistration(document as Document, source, serverName);
}

function unusable(source: string, message: string, code: ProblemCode = 'as_yaml_invalid'): Parsed {
  return { registration: null, problems: [{ code, source, field: '', message }], warnings: [] };
}

/** What is told of a file that could not be read at all. */
export function unreadable(source: string, reason: string): Parsed {
  return unusable(source, `cannot be read: ${reason}; check appservice.config_files`, 'as_file_unreadable');
}
