import { checkRefreshFlag, sessionInput } from './session-input.js';

describe('what a client says about its session', () => {
  it('takes what is there', () => {
    expect(sessionInput({ device_id: 'FROGFONE', initial_device_display_name: 'Phone' })).toEqual({
      deviceId: 'FROGFONE',
      displayName: 'Phone',
    });
    expect(sessionInput({})).toEqual({ deviceId: null, displayName: null });
  });

  it.each([
    [{ device_id: 'x'.repeat(513) }, 'M_INVALID_PARAM'],
    [{ device_id: 'x'.repeat(2048) }, 'M_INVALID_PARAM'],
    [{ device_id: '' }, 'M_INVALID_PARAM'],
    [{ device_id: 7 }, 'M_INVALID_PARAM'],
    [{ device_id: 'a\0b' }, 'M_INVALID_PARAM'],
    [{ device_id: 'a\ud800b' }, 'M_INVALID_PARAM'],
    [{ initial_device_display_name: {} }, 'M_INVALID_PARAM'],
    [{ initial_device_display_name: 'a\0b' }, 'M_INVALID_PARAM'],
    [{ initial_device_display_name: 'x'.repeat(101) }, 'M_TOO_LARGE'],
  ])('refuses %j', (body, errcode) => expect(() => sessionInput(body)).toThrow(expect.objectContaining({ errcode })));

  it('counts characters, not code units', () => {
    expect(sessionInput({ initial_device_display_name: '🐸'.repeat(100) }).displayName).toHaveLength(200);
    expect(sessionInput({ device_id: '🐸'.repeat(512) }).deviceId).toHaveLength(1024);
  });

  it('wants a boolean for refresh_token', () => {
    expect(() => checkRefreshFlag({ refresh_token: 'yes' })).toThrow(expect.objectContaining({ errcode: 'M_UNKNOWN' }));
    expect(() => checkRefreshFlag({ refresh_token: true })).not.toThrow();
  });
});
