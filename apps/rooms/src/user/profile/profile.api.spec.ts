import { RoomsUnderTest, refusal } from '../../rooms.fixture.js';

describe('profiles', () => {
  let rooms: RoomsUnderTest;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start();
    await rooms.user('alice');
  });
  afterAll(() => rooms?.stop());

  const read = (userId: string) => rooms.call('profile', { requester: null, params: { userId } });

  it('are told to everybody', async () => {
    await until(async () => (await rooms.positions())['rooms.profiles'] === rooms.heads().auth);
    expect(await read('@alice:test')).toEqual({ status: 200, body: { displayname: 'alice' } });
  });

  it('are not there for those who are not', async () => {
    expect(await read('@nobody:test')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await read('nobody')).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
  });

  it('survive a restart, and a log of auth that is read again', async () => {
    await rooms.restart({}, () => rooms.query('truncate profile, cursor'));
    await until(async () => (await read('@alice:test')).status === 200);
    expect(await read('@alice:test')).toEqual({ status: 200, body: { displayname: 'alice' } });
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}
