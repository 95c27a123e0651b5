/** On every response, errors included: browsers hide an error that lacks them. */
export const CORS: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, HEAD, POST, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Headers',
  'X-Requested-With, Content-Type, Authorization, Date',
];

export const REQUEST_ID = 'X-Request-Id';
