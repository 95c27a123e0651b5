import type { TSchema } from 'typebox';
import { sections } from './sections/index.js';

interface Node {
  description?: string;
  default?: unknown;
  type?: string;
  minimum?: number;
  maximum?: number;
  duration?: boolean;
  secret?: boolean;
  enum?: unknown[];
  properties?: Record<string, TSchema>;
  anyOf?: TSchema[];
  items?: TSchema;
}

/** The reference page of the configuration, in Markdown. Committed, and compared with this by `npm run check`. */
export function configReference(): string {
  const parts = sections.map(({ name, schema }) => {
    const rows = rowsOf(schema.properties, name).join('\n');
    return `## ${name}\n\n${(schema as Node).description}\n\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n${rows}\n`;
  });
  return `# Configuration reference

Made from the code by \`npm run docs\`; do not edit. One YAML file, named by \`GANGLION_CONFIG\`, a section per part.
Every key can also be set as \`GANGLION_<SECTION>__<KEY>\` (deeper keys with further \`__\`; values that are not text as JSON).
Durations are ms, or a number with \`ms s m h d w y\`.

${parts.join('\n')}`;
}

/** JSON Schema of `ganglion.yaml`, for editors. */
export function configJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'ganglion.yaml',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(sections.map(({ name, schema }) => [name, fileSchema(schema)])),
  };
}

function rowsOf(properties: Record<string, TSchema>, prefix: string): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const node = schema as Node;
    if (node.properties) return rowsOf(node.properties, `${prefix}.${key}`);
    const secret = node.secret ? ' (secret)' : '';
    return [
      `| \`${prefix}.${key}\` | ${typeOf(node)}${secret} | \`${JSON.stringify(node.default)}\` | ${node.description} |`,
    ];
  });
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(' or ');
  if (node.anyOf) return node.anyOf.map((option) => typeOf(option as Node)).join(' or ');
  if (node.duration) return 'duration';
  if (node.type === 'array') return `list of ${typeOf(node.items as Node)}`;
  const bounds = [node.minimum !== undefined && `≥ ${node.minimum}`, node.maximum !== undefined && `≤ ${node.maximum}`];
  return [node.type, ...bounds.filter(Boolean)].join(' ');
}

/** As in the file: every key may be left out, and a duration may be text. */
function fileSchema(schema: TSchema): object {
  const node = schema as Node & { required?: unknown };
  if (node.duration) return { ...node, type: ['integer', 'string'] };
  if (node.anyOf) return { ...node, anyOf: node.anyOf.map(fileSchema) };
  if (!node.properties) return node;
  const { required: _required, ...rest } = node;
  const properties = Object.entries(node.properties).map(([key, inner]) => [key, fileSchema(inner)]);
  return { ...rest, properties: Object.fromEntries(properties) };
}
