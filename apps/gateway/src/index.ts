export { listenerOfParent } from './edge/client-listener.http.js';
export { startGateway } from './start-gateway.js';
