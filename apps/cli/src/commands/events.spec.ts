import { describePublic } from './events.js';

it('shows what is sealed as such, wherever it stands, and the rest as it is', () => {
  const received = {
    id: '018f0000-0000-7000-8000-000000000000',
    type: 'device.created',
    v: 1,
    at: 1_700_000_000_000,
    pos: 7,
    log_id: 'l',
    subject: { kind: 'user', id: '@alice:localhost' },
    seq: 1,
    actor: { kind: 'user', id: '@alice:localhost' },
    data: { name: { sealed: 'AQID' }, list: [{ sealed: 'AQID' }], other: { sealed: 1, plain: true } },
  };
  const shown = describePublic(received);
  expect(shown).toContain('2023-11-14T22:13:20.000Z  7  device.created  @alice:localhost');
  expect(shown).toContain('{"name":"[sealed]","list":["[sealed]"],"other":{"sealed":1,"plain":true}}');
});
