import { whois } from './whois.js';

const row = (tokenRef: string, deviceId: string | null, ip: string, lastSeenMs: number) => ({
  userId: '@a:test',
  tokenRef,
  ip,
  userAgent: 'UA',
  deviceId,
  lastSeenMs,
});

describe('whois', () => {
  it('has one session per token, connections newest first, and never shows the token', () => {
    const answer = whois('@a:test', [
      row('secret-ref', 'DEV', '192.0.2.2', 20),
      row('secret-ref', 'DEV', '192.0.2.1', 10),
      row('other-ref', 'DEV', '192.0.2.3', 5),
      row('puppet', null, '192.0.2.4', 1),
    ]);
    expect(answer.devices['DEV']!.sessions.map(({ connections }) => connections.map(({ ip }) => ip))).toEqual([
      ['192.0.2.2', '192.0.2.1'],
      ['192.0.2.3'],
    ]);
    expect(Object.keys(answer.devices)).toEqual(['DEV', '']);
    expect(JSON.stringify(answer)).not.toContain('ref');
  });

  it.each(['__proto__', 'constructor', 'toString'])('shows a device that calls itself %s', (deviceId) => {
    const { devices } = whois('@a:test', [row('ref', deviceId, '192.0.2.1', 1)]);
    expect(Object.entries(devices)).toEqual([[deviceId, { sessions: [{ connections: [expect.any(Object)] }] }]]);
  });

  it('is empty for a user who was never seen', () => {
    expect(whois('@a:test', [])).toEqual({ user_id: '@a:test', devices: {} });
  });
});
