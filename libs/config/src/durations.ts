const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** `"5m"` → 300000. Anything that is not a whole number with a known suffix comes back as it was, for validation to refuse. */
export function durationToMs(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const match = /^(\d+)(ms|s|m|h|d|w|y)?$/.exec(value.trim());
  if (!match) return value;
  return Number(match[1]) * UNIT_MS[match[2] ?? 'ms']!;
}

interface SchemaNode {
  duration?: boolean;
  properties?: Record<string, SchemaNode>;
  anyOf?: SchemaNode[];
  additionalProperties?: SchemaNode | boolean;
}

/** Turns every text that stands where the schema wants a duration into ms; leaves the rest alone. */
export function normaliseDurations(schema: SchemaNode, value: unknown): unknown {
  if (schema.duration || schema.anyOf?.some((option) => option.duration)) return durationToMs(value);
  if (!schema.properties || value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, normaliseDurations(schema.properties![key] ?? {}, inner)]),
  );
}
