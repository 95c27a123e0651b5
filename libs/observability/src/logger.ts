import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { traceFields } from './tracing/tracing.js';

export type Logger = PinoLogger;

/** Names under which secrets travel. Their values never reach a log line, however deep they stand (three levels). */
const SECRET_KEYS = [
  'password',
  'new_password',
  'access_token',
  'accessToken',
  'refresh_token',
  'token',
  'as_token',
  'hs_token',
  'mac',
  'nonce',
  'client_secret',
  'secret',
  'authorization',
  'Authorization',
  'cookie',
];
const redactPaths = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]);

/**
 * JSON lines on stdout. Every line names its service; lines of one client request share `reqId` and, while
 * tracing is on, `trace_id`; `span_id` says which part of it.
 * @param level  least level that is written
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service },
      mixin: traceFields,
      redact: { paths: redactPaths, censor: '***' },
      timestamp: () => `,"time":${Date.now()}`,
      serializers: { err: pino.stdSerializers.err },
    },
    destination,
  );
}

/** Nest's own messages through the same logger. Start-up chatter goes to debug. */
export function nestLogger(logger: Logger) {
  const text = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));
  return {
    log: (message: unknown, context?: string) => logger.debug({ context }, text(message)),
    debug: (message: unknown, context?: string) => logger.debug({ context }, text(message)),
    verbose: (message: unknown, context?: string) => logger.trace({ context }, text(message)),
    warn: (message: unknown, context?: string) => logger.warn({ context }, text(message)),
    error: (message: unknown, stack?: string, context?: string) =>
      message instanceof Error
        ? logger.error({ err: message, context })
        : logger.error({ stack, context }, text(message)),
    fatal: (message: unknown, context?: string) => logger.fatal({ context }, text(message)),
  };
}
