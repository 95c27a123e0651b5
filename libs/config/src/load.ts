import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { normaliseDurations } from './durations.js';
import { overridesFrom, standardsFrom, unknownVariables, type Environment } from './environment.js';
import type { ConfigOf, Section } from './section.js';
import { sections } from './sections/index.js';

type Sections = typeof sections;
/** The whole configuration, frozen: section by section as declared. */
export type Config = { readonly [S in Sections[number] as S['name']]: ConfigOf<S> };

/** Every bad key, each with what was expected. The process must not start. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`);
  }
}

/**
 * Defaults, then the test profile if asked for, then OpenTelemetry's own variables, then the file named by `GANGLION_CONFIG`, then the environment.
 * @throws ConfigError naming every bad key at once
 */
export function loadConfig(environment: Environment, readFile = (path: string) => readFileSync(path, 'utf8')): Config {
  const problems = unknownVariables(environment).map((name) => `${name}: no such variable`);
  const profile = environment['GANGLION_PROFILE'];
  if (profile !== undefined && profile !== '' && profile !== 'test') {
    problems.push(`GANGLION_PROFILE: expected "test" or nothing, got ${JSON.stringify(profile)}`);
  }
  const file = fromFile(environment['GANGLION_CONFIG'], readFile, problems);
  const overrides = overridesFrom(environment);
  const standards = standardsFrom(environment);
  const names = new Set<string>(sections.map((section) => section.name));
  for (const name of Object.keys({ ...file, ...overrides })) {
    if (!names.has(name)) problems.push(`${name}: no such section (there are ${[...names].join(', ')})`);
  }
  const config: Record<string, unknown> = {};
  for (const section of sections as readonly Section[]) {
    const { name, testProfile } = section;
    const layers = [profile === 'test' ? testProfile : {}, standards[name], file[name], overrides[name]];
    config[section.name] = readSection(section, layers, problems);
  }
  if (problems.length === 0) problems.push(...contradictions(config as Config));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(config) as Config;
}

function fromFile(
  path: string | undefined,
  read: (path: string) => string,
  problems: string[],
): Record<string, unknown> {
  if (!path) return {};
  try {
    const value: unknown = parse(read(path), { maxAliasCount: 20 }) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    problems.push(`${path}: expected sections, got ${typeof value}`);
  } catch (error) {
    problems.push(`${path}: cannot be read as YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  return {};
}

function readSection(section: Section, layers: unknown[], problems: string[]): unknown {
  let merged: unknown = {};
  for (const layer of layers) merged = layer === undefined || layer === null ? merged : merge(merged, layer);
  const value = Value.Default(section.schema, normaliseDurations(section.schema, merged));
  for (const error of Value.Errors(section.schema, value)) {
    if (error.keyword === 'boolean' || error.keyword === 'anyOf') continue; // said better by its sibling
    problems.push(problemOf(section.name, error.instancePath, error, value));
  }
  // A union whose every branch fails says so only as `anyOf` when the branches are of other types.
  if (problems.length === 0 && !Value.Check(section.schema, value)) problems.push(`${section.name}: not as declared`);
  return value;
}

function problemOf(
  section: string,
  pointer: string,
  error: { keyword: string; message: string; params: object },
  root: unknown,
) {
  const at = [section, ...pointer.split('/').slice(1)].join('.');
  const extra = (error.params as { additionalProperties?: string[] }).additionalProperties;
  if (error.keyword === 'additionalProperties' && extra) return `${at}: no such key: ${extra.join(', ')}`;
  const got = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], root);
  const shown = /secret|password|token|url|key/.test(at) ? 'another value' : JSON.stringify(got);
  return `${at}: ${error.message}, got ${shown}`;
}

/** What no single key can see. */
function contradictions({ auth, rooms }: Config): string[] {
  const problems: string[] = [];
  if (auth.enable_registration && !auth.enable_registration_without_verification) {
    problems.push(
      'auth.enable_registration: open registration without any verification lets anybody make accounts; ' +
        'set auth.enable_registration_without_verification to true if that is wanted',
    );
  }
  if (!['10', '11', '12'].includes(rooms.default_room_version)) {
    problems.push(`rooms.default_room_version: expected 10, 11 or 12, got ${rooms.default_room_version}`);
  }
  return problems;
}

/** Objects are merged key by key, everything else is replaced. */
function merge(below: unknown, above: unknown): unknown {
  if (!isPlain(below) || !isPlain(above)) return above;
  const result: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) result[key] = key in result ? merge(result[key], value) : value;
  return result;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
