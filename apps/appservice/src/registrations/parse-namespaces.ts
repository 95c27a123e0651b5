import type { Namespace, RegistrationPublic } from '@ganglion/contracts';
import { compilePattern, UnsupportedPattern } from '../interest/pattern.js';
import type { Document } from './parse-fields.js';
import type { Findings } from './problem.js';

type Namespaces = RegistrationPublic['namespaces'];

const KINDS = ['users', 'aliases', 'rooms'] as const;

export function parseNamespaces(document: Document, findings: Findings): Namespaces {
  const namespaces: Namespaces = { users: [], aliases: [], rooms: [] };
  const value = document['namespaces'];
  if (!isObject(value)) {
    findings.bad('as_field_missing', 'namespaces', 'must be there and hold users, aliases and rooms; {} for none');
    return namespaces;
  }
  for (const key of Object.keys(value)) {
    if (!(KINDS as readonly string[]).includes(key))
      findings.warn(`namespaces.${key}`, 'is no kind of namespace; ignored');
  }
  for (const kind of KINDS) namespaces[kind] = parseList(value[kind], `namespaces.${kind}`, findings);
  return namespaces;
}

function parseList(value: unknown, field: string, findings: Findings): Namespace[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    findings.bad('as_ns_not_list', field, 'must be a list of entries {regex, exclusive}');
    return [];
  }
  return value.flatMap((entry: unknown, index) => parseEntry(entry, `${field}[${index}]`, findings));
}

function parseEntry(entry: unknown, field: string, findings: Findings): Namespace[] {
  if (!isObject(entry)) {
    findings.bad('as_ns_entry_invalid', field, 'must be an object {regex, exclusive}');
    return [];
  }
  const { regex, exclusive } = entry;
  if (typeof exclusive !== 'boolean') {
    findings.bad('as_ns_exclusive_type', `${field}.exclusive`, 'must be there and be true or false, without quotes');
  }
  if (typeof regex !== 'string') {
    findings.bad('as_ns_regex_type', `${field}.regex`, 'must be there and be a string');
    return [];
  }
  return accepted(regex, `${field}.regex`, findings) && typeof exclusive === 'boolean' ? [{ exclusive, regex }] : [];
}

function accepted(regex: string, field: string, findings: Findings): boolean {
  try {
    compilePattern(regex);
    return true;
  } catch (error) {
    if (!(error instanceof UnsupportedPattern)) throw error;
    const hint = 'look-around, back-references and possessive quantifiers are not supported; write it without them';
    findings.bad('as_ns_regex_unsupported', field, `${error.message}; ${hint}`);
    return false;
  }
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
