import type { ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { refuse } from '../gateway.errors.js';
import { CORS } from './cors.js';
import { errorAnswer } from './error-answer.mapper.js';

/** Address line and headers together. */
const MAX_HEAD_BYTES = 16_384;
/** Headers have to be here after this, bodies after that: slow senders must not hold sockets. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than what usual proxies keep idle connections, so that they are the ones to close. */
const KEEP_ALIVE_MS = 75_000;

/** @param requestId  makes the id of the next request */
export function fastifyOptions(requestId: () => string) {
  const http: ServerOptions = { maxHeaderSize: MAX_HEAD_BYTES, headersTimeout: HEADERS_TIMEOUT_MS };
  return {
    http,
    logger: false as const,
    exposeHeadRoutes: false,
    genReqId: requestId,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
    skipMiddie: true,
    multipart: false as const,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: MAX_HEAD_BYTES,
      // The pipeline reads the address itself: every value of every parameter, and refuses what is malformed.
      querystringParser: () => ({}),
    },
    clientErrorHandler: answerUnreadable,
  };
}

/** What could not be read as HTTP at all gets a Matrix error too, straight on the socket. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { status, body } = errorAnswer(refusalFor(error.code));
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))];
  const lines = [...CORS, ...headers, 'Connection', 'close'];
  const head = lines.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${lines[i + 1]}`] : [])).join('\r\n');
  socket.end(`HTTP/1.1 ${status} Error\r\n${head}\r\n\r\n${body}`);
}

function refusalFor(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW') return refuse('HEAD_TOO_LARGE');
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? refuse('TOO_SLOW') : refuse('BAD_REQUEST');
}
