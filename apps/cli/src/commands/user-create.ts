import { createHmac, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { loadConfig, processEnvironment, sharedSecret } from '@ganglion/config';
import type { Command } from 'commander';
import { print } from '../output/print.js';
import { dataFolder, ProblemToSay, runningSystem } from '../place.js';

interface Options {
  admin?: boolean;
  password?: string;
  passwordStdin?: boolean;
  generate?: boolean;
  url?: string;
  json?: boolean;
}

export function addUserCreate(program: Command): void {
  program
    .command('user')
    .description('accounts')
    .command('create')
    .description('make an account, by the shared secret of this machine; the way to the first admin')
    .argument('<name>', 'user name, without @ and server')
    .option('--admin', 'a server admin')
    .option('--password <text>', 'stays in the shell’s history; prefer the prompt or --password-stdin')
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a strong password and print it')
    .option('--url <url>', 'of the server; default: the system that runs on the data folder')
    .option('--json', 'machine-readable')
    .action(async (name: string, options: Options) => {
      const generated = options.generate ? randomBytes(18).toString('base64url') : undefined;
      const password = generated ?? (await passwordFrom(options));
      const url = options.url ?? runningSystem(dataFolder()).url;
      if (!url) throw new ProblemToSay('The gateway has not started yet. `ganglion status` says when it is ready.');
      const userId = await register(url, { name, password, admin: options.admin ?? false });
      const shown = { user_id: userId, admin: options.admin ?? false, ...(generated ? { password: generated } : {}) };
      print(options.json ?? false, shown, () => [
        `Created ${userId}${shown.admin ? ' (server admin)' : ''}.`,
        ...(generated ? [`Password: ${generated}`] : []),
      ]);
    });
}

/** Synapse's shared-secret protocol: a nonce, then a MAC over everything by the secret. */
export async function register(
  url: string,
  { name, password, admin }: { name: string; password: string; admin: boolean },
): Promise<string> {
  const endpoint = `${url}/_synapse/admin/v1/register`;
  const { nonce } = (await call(endpoint)) as { nonce: string };
  const mac = createHmac('sha1', secret())
    .update([nonce, name, password, admin ? 'admin' : 'notadmin'].join('\0'))
    .digest('hex');
  const body = { nonce, username: name, password, admin, mac, inhibit_login: true };
  return ((await call(endpoint, body)) as { user_id: string }).user_id;
}

function secret(): string {
  const { auth } = loadConfig(processEnvironment());
  return auth.registration_shared_secret ?? sharedSecret(dataFolder(), 'registration_shared_secret');
}

async function call(endpoint: string, body?: object): Promise<unknown> {
  const request = body
    ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    : {};
  let response: Response;
  try {
    response = await fetch(endpoint, request);
  } catch (error) {
    throw new ProblemToSay(
      `${endpoint} does not answer (${(error as Error).message}). \`ganglion doctor\` looks for the cause.`,
    );
  }
  const answer = (await response.json()) as { errcode?: string; error?: string };
  if (!response.ok) throw new ProblemToSay(`The server refused: ${answer.error} (${answer.errcode})`);
  return answer;
}

async function passwordFrom({ password, passwordStdin }: Options): Promise<string> {
  if (password !== undefined) return password;
  if (passwordStdin) return readAll();
  if (!process.stdin.isTTY) throw new ProblemToSay('No terminal to ask on: give --password-stdin or --generate.');
  const first = await ask('Password: ');
  if (first !== (await ask('Again: '))) throw new ProblemToSay('The two passwords differ; nothing was done.');
  return first;
}

async function readAll(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text.replace(/\r?\n$/, '');
}

/** Without showing what is typed. */
async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  const answer = await prompt.question('');
  prompt.close();
  process.stderr.write('\n');
  return answer;
}
