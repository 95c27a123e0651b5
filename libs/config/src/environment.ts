/** The variables a container needs without a file (design §8), and where in the configuration they go. */
const FIRST_CLASS: Record<string, { path: [string, string]; parse: (text: string) => unknown }> = {
  GANGLION_SERVER_NAME: { path: ['server', 'server_name'], parse: String },
  GANGLION_LISTEN: { path: ['server', 'listen'], parse: String },
  GANGLION_PUBLIC_BASEURL: { path: ['server', 'public_baseurl'], parse: String },
  GANGLION_DATA_DIR: { path: ['server', 'data_dir'], parse: String },
  GANGLION_LOG_LEVEL: { path: ['server', 'log_level'], parse: String },
  GANGLION_POSTGRES_URL: { path: ['postgres', 'url'], parse: String },
  GANGLION_NATS_URL: { path: ['nats', 'url'], parse: String },
  GANGLION_REGISTRATION_SHARED_SECRET: { path: ['auth', 'registration_shared_secret'], parse: String },
  GANGLION_ENABLE_REGISTRATION: { path: ['auth', 'enable_registration'], parse: jsonOrText },
  GANGLION_DEFAULT_ROOM_VERSION: { path: ['rooms', 'default_room_version'], parse: String },
  GANGLION_APPSERVICE_CONFIG_FILES: {
    path: ['appservice', 'config_files'],
    parse: (text) =>
      text
        .split(',')
        .map((file) => file.trim())
        .filter(Boolean),
  },
};

/** Not configuration: they steer the loader, the launcher and the tests. */
const NOT_CONFIG = new Set(['GANGLION_CONFIG', 'GANGLION_PROFILE', 'GANGLION_NATS_SERVER']);

export type Environment = Record<string, string | undefined>;

/** The process's environment; the only place that reads it. */
export const processEnvironment = (): Environment => process.env;

/**
 * What the environment says about the configuration, as a tree like the file's.
 * `GANGLION_<SECTION>__<KEY>[__<KEY>…]` for every key; values that are not strings as JSON.
 */
export function overridesFrom(environment: Environment): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !name.startsWith('GANGLION_') || NOT_CONFIG.has(name)) continue;
    const known = FIRST_CLASS[name];
    if (known) set(tree, known.path, known.parse(text));
    else if (name.includes('__')) set(tree, name.slice('GANGLION_'.length).toLowerCase().split('__'), jsonOrText(text));
  }
  return tree;
}

/**
 * What variables that are not ours say, as a tree like the file's: OpenTelemetry's own, which a machine may have for all its
 * programs. They count where neither the file nor a variable of ours says anything.
 */
export function standardsFrom(environment: Environment): Record<string, unknown> {
  const endpoint = environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const isOff = environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true';
  return endpoint && !isOff ? { observability: { tracing: { endpoint } } } : {};
}

/** Variables of ours that mean nothing: most likely typing errors. */
export function unknownVariables(environment: Environment): string[] {
  return Object.keys(environment).filter(
    (name) =>
      name.startsWith('GANGLION_') &&
      !name.startsWith('GANGLION_TEST_') &&
      !name.includes('__') &&
      !NOT_CONFIG.has(name) &&
      !(name in FIRST_CLASS),
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function set(tree: Record<string, unknown>, path: string[], value: unknown): void {
  const [head, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const below = tree[head];
  const branch = below !== null && typeof below === 'object' ? (below as Record<string, unknown>) : {};
  tree[head] = branch;
  set(branch, rest, value);
}
