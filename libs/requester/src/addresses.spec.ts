import fc from 'fast-check';
import { addressRanges, normaliseAddress } from './addresses.js';
import { clientAddress } from './client-address.js';

describe('address ranges', () => {
  it.each([
    ['192.168/16', '192.168.10.10', true],
    ['192.168/16', '192.169.0.1', false],
    ['10/8', '10.255.0.1', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '1.2.3.4', false],
    ['10.0.0.0/8', 'nonsense', false],
  ])('%s contains %s: %s', (range, address, expected) => {
    expect(addressRanges([range]).contains(address)).toBe(expected);
  });

  it.each(['', 'x', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '1.2.3.4/8/9', '999/8', '10.0.0.0/'])(
    '%j is refused',
    (text) => expect(() => addressRanges([text])).toThrow('not an address range'),
  );

  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1.2.3.4:5678', '1.2.3.4'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['2001:db8:0:0::1', '2001:db8::1'],
    ['127.1', null],
    ['0x7f.0.0.1', null],
    ['unknown', null],
    ['', null],
  ])('%s reads %s', (text, expected) => expect(normaliseAddress(text)).toBe(expected));
});

describe('clientAddress', () => {
  const trusted = addressRanges(['10.0.0.0/8', '::1']);

  it.each([
    ['no proxy is trusted from outside', '8.8.8.8', '1.2.3.4', '8.8.8.8'],
    ['a trusted proxy speaks for its client', '10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['what the client made up stands further left', '10.0.0.1', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['proxies behind each other', '10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2,10.0.0.3', '1.2.3.4'],
    ['only proxies: the farthest', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a malformed header counts for nothing', '10.0.0.1', '1.2.3.4, nonsense', '10.0.0.1'],
    ['an empty header counts for nothing', '10.0.0.1', '', '10.0.0.1'],
    ['a trusted peer over mapped IPv4', '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['IPv6 with a port', '::1', '[2001:db8::7]:1234', '2001:db8::7'],
  ])('%s', (_, peer, header, expected) => expect(clientAddress(peer, header, trusted)).toBe(expected));

  it('takes the peer where nobody is trusted, and null where it is unknown', () => {
    expect(clientAddress('::ffff:9.9.9.9', '1.2.3.4', addressRanges([]))).toBe('9.9.9.9');
    expect(clientAddress(undefined, '1.2.3.4', trusted)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (peer, header) => {
        clientAddress(peer, header, trusted);
        clientAddress('10.0.0.1', header, trusted);
      }),
    );
  });
});
