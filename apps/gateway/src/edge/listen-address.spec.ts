import { listenAddress, urlOf } from './listen-address.js';

it.each([
  ['127.0.0.1:8008', { host: '127.0.0.1', port: 8008 }, 'http://127.0.0.1:8008'],
  ['[::1]:0', { host: '::1', port: 0 }, 'http://[::1]:0'],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }, 'http://127.0.0.1:80'],
  ['localhost:1', { host: 'localhost', port: 1 }, 'http://localhost:1'],
])('%s', (text, address, url) => {
  expect(listenAddress(text)).toEqual(address);
  expect(urlOf(address.host, address.port)).toBe(url);
});
