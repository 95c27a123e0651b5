import type { TSchema } from 'typebox';
import type { Config } from './load.js';
import { sections } from './sections/index.js';

/** The configuration as it may be shown: every key that is declared secret reads `***`. */
export function redactedConfig(config: Config): Record<string, unknown> {
  return Object.fromEntries(sections.map((section) => [section.name, hide(section.schema, config[section.name])]));
}

function hide(schema: TSchema, value: unknown): unknown {
  const node = schema as { secret?: boolean; properties?: Record<string, TSchema> };
  if (node.secret) return value === null || value === '' ? value : '***';
  if (!node.properties || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key in node.properties! ? hide(node.properties![key]!, inner) : inner,
    ]),
  );
}
