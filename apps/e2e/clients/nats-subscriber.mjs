// Somebody else's service: a plain NATS client with the subscriber's credentials, outside all of the system's processes.
import { connect } from '@nats-io/transport-node';

const [url, subject] = process.argv.slice(2);
const { protocol, host, username, password } = new URL(url);
const connection = await connect({
  servers: `${protocol}//${host}`,
  user: username,
  pass: decodeURIComponent(password),
});
const subscription = connection.subscribe(subject);
await connection.flush();
process.send({ event: 'up', data: {} });
process.on('disconnect', () => process.exit());
for await (const message of subscription) {
  process.send({ event: 'message', data: { subject: message.subject, body: message.json() } });
}
