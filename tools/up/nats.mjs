import { spawn } from 'node:child_process';
import { createDaemon } from './daemon.mjs';
import { writeAtomically } from './files.mjs';
import { Problem } from './problem.mjs';

/** Domains whose events other people's services may read. */
export const PUBLIC_DOMAINS = ['moderation', 'auth', 'appservice', 'accounting'];

/** Name of the JetStream stream that holds a domain's public events. */
export const publicStream = (domain, deployment = '') =>
  `${deployment ? `${deployment}_` : ''}PUB_${domain.toUpperCase()}`;

/**
 * The server's configuration. Two accounts: in `GANGLION` our processes talk to each other; a subscriber lives in an
 * account of its own, which sees the public events and may read their streams. So it hears neither our requests nor
 * our replies, whatever it subscribes to, and its own replies need no special inbox.
 *
 * @param {{ port: number, storeDir: string, passwords: { ganglion: string, subscriber: string }, deployment?: string }} options
 * @returns {string} text of a nats-server configuration file; contains the passwords
 */
export function natsConfig({ port, storeDir, passwords, deployment = '' }) {
  const prefix = deployment ? `${deployment}.` : '';
  const streams = PUBLIC_DOMAINS.map((domain) => publicStream(domain, deployment));
  const events = PUBLIC_DOMAINS.map((domain) => `${prefix}${domain}.>`);
  const services = ['$JS.API.INFO', '$JS.API.STREAM.NAMES', ...streams.flatMap(readingApi)];
  const continued = streams.map((stream) => `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`);
  const q = JSON.stringify;
  const list = (lines) => lines.map((line) => `      ${line}`).join('\n');
  return `# Written by the launcher at every start.
listen: ${q(`127.0.0.1:${port}`)}
server_name: "ganglion"
max_payload: 1MB
jetstream { store_dir: ${q(storeDir)} }
accounts {
  GANGLION {
    jetstream: enabled
    users: [ { user: "ganglion", password: ${q(passwords.ganglion)} } ]
    exports: [
${list(events.map((subject) => `{ stream: ${q(subject)} }`))}
${list(services.map((subject) => `{ service: ${q(subject)} }`))}
${list(continued.map((subject) => `{ service: ${q(subject)}, response_type: stream }`))}
    ]
  }
  SUBSCRIBER {
    users: [ {
      user: "subscriber", password: ${q(passwords.subscriber)}
      permissions {
        subscribe: ${q([...events, '_INBOX.>'])}
        publish: ${q([...services, ...continued])}
      }
    } ]
    imports: [
${list(events.map((subject) => `{ stream: { account: GANGLION, subject: ${q(subject)} } }`))}
${list([...services, ...continued].map((subject) => `{ service: { account: GANGLION, subject: ${q(subject)} } }`))}
    ]
  }
}
`;
}

/** What reading a stream takes: looking at it, a consumer of one's own, acknowledging. */
const readingApi = (stream) => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.CONSUMER.NAMES.${stream}`,
  `$JS.API.CONSUMER.LIST.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.*`,
  `$JS.API.CONSUMER.INFO.${stream}.*`,
  `$JS.API.CONSUMER.DELETE.${stream}.*`,
  `$JS.ACK.${stream}.>`,
];

/**
 * Starts nats-server with JetStream on loopback.
 * @returns {Promise<ReturnType<typeof createDaemon>>} ready, and kept running until stopped
 * @throws {Problem} with `portTaken: true` when another program was faster in taking the port
 */
export async function startNats({
  binary,
  port,
  configFile,
  storeDir,
  passwords,
  deployment,
  onOutput,
  say,
  signal,
  onChange,
}) {
  writeAtomically(configFile, natsConfig({ port, storeDir, passwords, deployment }));
  const daemon = createDaemon({
    name: 'NATS',
    spawn: () =>
      spawn(binary, ['-c', configFile], {
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true, // Ctrl-C goes to the launcher alone, which stops NATS after the apps
      }),
    readyLine: (line) => (line.includes('Server is ready') ? { port } : undefined),
    onOutput,
    say,
    onChange,
  });
  try {
    await daemon.start(signal);
  } catch (error) {
    if (!error.tail?.some((line) => line.includes('address already in use'))) throw error;
    throw Object.assign(new Problem('NATS could not take its port.'), { portTaken: true });
  }
  return daemon;
}
