import { parseFile } from './parse-file.js';

const valid = {
  id: 'irc',
  url: 'http://irc:9000',
  as_token: 'A1-secret',
  hs_token: 'H1-secret',
  sender_localpart: 'ircbot',
  namespaces: {
    users: [{ regex: '@_irc_.*', exclusive: true }],
    aliases: [{ regex: '#_irc_.*', exclusive: true }],
  },
};
const parse = (changes: object, without: string[] = []) => {
  const document = Object.fromEntries(
    Object.entries({ ...valid, ...changes }).filter(([key]) => !without.includes(key)),
  );
  return parseFile(JSON.stringify(document), 'irc.yaml', 'hs.test');
};
const codes = (changes: object, without: string[] = []) => parse(changes, without).problems.map(({ code }) => code);

describe('a registration file', () => {
  it('AS-028 gives id, URL and namespaces as they stand in it, empty lists where there is none', () => {
    const { registration, problems, warnings } = parse({});
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(registration).toMatchObject({
      url: 'http://irc:9000',
      hsToken: 'H1-secret',
      source: 'irc.yaml',
      public: {
        asId: 'irc',
        sender: '@ircbot:hs.test',
        namespaces: { users: [{ regex: '@_irc_.*', exclusive: true }], rooms: [] },
        hasUrl: true,
        protocols: [],
        ipRangeWhitelist: null,
      },
    });
    expect(JSON.stringify(registration!.public)).not.toContain('A1-secret');
  });

  it('is YAML as well as JSON', () => {
    const yaml = `
id: irc # the bridge
url: null
as_token: a
hs_token: b
sender_localpart: bot
namespaces: {users: [{regex: '@_irc_.*', exclusive: false}]}
`;
    expect(parseFile(yaml, 'irc.yaml', 'hs.test').registration).toMatchObject({ url: null, public: { hasUrl: false } });
  });

  it.each([
    ['not YAML', 'id: [', 'as_yaml_invalid'],
    ['a list', '- id', 'as_yaml_invalid'],
    ['nothing', '', 'as_yaml_invalid'],
    ['a tag of its own', 'id: !evil x', 'as_yaml_invalid'],
    ['one key twice', 'id: a\nid: b', 'as_yaml_invalid'],
    ['a bomb of aliases', `a: &a [x]\nb: [${Array(30).fill('*a').join(',')}]`, 'as_yaml_invalid'],
  ])('is refused when it is %s', (_, text, code) => {
    expect(parseFile(text, 'irc.yaml', 'hs.test').problems).toMatchObject([{ code, source: 'irc.yaml' }]);
  });

  it.each(['id', 'as_token', 'hs_token', 'sender_localpart'])('AS-006 needs %s, and as a string', (field) => {
    expect(parse({}, [field]).problems).toMatchObject([{ code: 'as_field_missing', field }]);
    expect(parse({ [field]: 5 }).problems).toMatchObject([{ code: 'as_field_missing', field }]);
  });

  it('AS-007 tells a missing URL from a wrong one, and takes null', () => {
    expect(codes({}, ['url'])).toEqual(['as_url_missing']);
    expect(codes({ url: 5 })).toEqual(['as_url_missing']);
    expect(codes({ url: '' })).toEqual(['as_url_invalid']);
    expect(parse({ url: null }).registration).toMatchObject({ url: null, public: { hasUrl: false } });
  });

  it.each(['irc:9000', 'ftp://irc', 'http://', 'http://irc?x=1', 'http://irc#x', 'http://user:pass@irc', 'http:irc'])(
    'does not take %s for a URL',
    (url) => expect(codes({ url })).toEqual(['as_url_invalid']),
  );

  it('AS-008 keeps the path of the URL without slashes at its end', () => {
    expect(parse({ url: 'http://irc/base///' }).registration!.url).toBe('http://irc/base');
  });

  it.each(['a|b', '', 'x'.repeat(256), 'a\u0000b'])('AS-009 refuses the id %j', (id) => {
    expect(codes({ id })).toEqual(['as_id_invalid']);
  });

  it('AS-010 takes spaces, dots and wildcards in an id', () => {
    expect(parse({ id: 'IRC Bridge.*>' }).registration!.public.asId).toBe('IRC Bridge.*>');
  });

  it.each(['bot+x', 'bot x', 'bot=1', 'bot%20', '', 'x'.repeat(250)])('AS-011 refuses the sender %j', (localpart) => {
    expect(codes({ sender_localpart: localpart })).toEqual(['as_sender_invalid']);
  });

  it('AS-011 takes dots, dashes, tildes, slashes and capitals in a sender', () => {
    expect(parse({ sender_localpart: '_irc.bot-1~/X' }).registration!.public.sender).toBe('@_irc.bot-1~/X:hs.test');
  });

  it('AS-012 needs namespaces, which may be empty', () => {
    expect(codes({}, ['namespaces'])).toEqual(['as_field_missing']);
    expect(codes({ namespaces: [] })).toEqual(['as_field_missing']);
    expect(codes({ namespaces: {} })).toEqual([]);
    expect(codes({ namespaces: { users: null } })).toEqual([]);
  });

  it.each([
    ['x', 'as_ns_entry_invalid'],
    [{ regex: 'x' }, 'as_ns_exclusive_type'],
    [{ regex: 'x', exclusive: 'yes' }, 'as_ns_exclusive_type'],
    [{ regex: 1, exclusive: true }, 'as_ns_regex_type'],
  ])('AS-013 refuses the namespace entry %j', (entry, code) => {
    expect(codes({ namespaces: { rooms: [entry] } })).toEqual([code]);
  });

  it('AS-013 refuses a namespace that is no list', () => {
    expect(parse({ namespaces: { users: {} } }).problems).toMatchObject([
      { code: 'as_ns_not_list', field: 'namespaces.users' },
    ]);
  });

  it('AS-014 limits rates unless told false', () => {
    const limited = (changes: object) => parse(changes).registration!.public.rateLimited;
    expect([limited({}), limited({ rate_limited: false }), limited({ rate_limited: 'no' })]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('AS-015 takes a list of protocols, each once', () => {
    const protocols = (value: unknown) => parse({ protocols: value }).registration!.public.protocols;
    expect([protocols(null), protocols([]), protocols(['irc', 'irc'])]).toEqual([[], [], ['irc']]);
    expect([codes({ protocols: 'irc' }), codes({ protocols: ['irc', 1] })]).toEqual([
      ['as_protocols_invalid'],
      ['as_protocols_invalid'],
    ]);
  });

  it('tells other services whether it manages its devices itself, which it does not unless it says so', () => {
    const managed = (changes: object) => parse(changes).registration!.public.deviceManaged;
    expect([managed({}), managed({ 'io.element.msc4190': false })]).toEqual([false, false]);
    expect(managed({ 'io.element.msc4190': true })).toBe(true);
  });

  it.each([
    { 'org.matrix.msc3202': 'true' },
    { 'io.element.msc4190': 1 },
    { receive_ephemeral: 'yes' },
    { 'io.ganglion.suppress_echo': 1 },
  ])('AS-016 refuses the flag %j', (flag) => expect(codes(flag)).toEqual(['as_flag_type']));

  it.each([
    ['(?!x)a', 0],
    ['ab(a)\\1', 5],
    ['@_irc_[', 6],
    ['a++', 1],
  ])('AS-017 refuses the pattern %s and says where', (regex, offset) => {
    const [problem] = parse({ namespaces: { users: [{ regex, exclusive: true }] } }).problems;
    expect(problem).toMatchObject({ code: 'as_ns_regex_unsupported', field: 'namespaces.users[0].regex' });
    expect(problem!.message).toContain(`at offset ${offset}`);
  });

  it('refuses addresses that are none', () => {
    expect(codes({ ip_range_whitelist: ['192.168.0.0/16', '::1', '300.1.1.1', 5] })).toEqual([
      'as_ip_range_invalid',
      'as_ip_range_invalid',
    ]);
    expect(codes({ ip_range_whitelist: '10.0.0.0/8' })).toEqual(['as_ip_range_invalid']);
  });

  it('tells everything that is wrong at once, and never a token', () => {
    const { problems, registration } = parse({ id: 'a|b', url: 7, as_token: 'tok en', namespaces: { users: {} } });
    expect(registration).toBeNull();
    expect(problems.map(({ code }) => code)).toEqual([
      'as_id_invalid',
      'as_url_missing',
      'as_field_missing',
      'as_ns_not_list',
    ]);
    expect(JSON.stringify(problems)).not.toContain('tok en');
  });

  it('warns of what works but is not meant', () => {
    const { warnings } = parse({ hs_token: 'A1-secret', push_ephemeral: true, namespaces: { devices: [] } });
    expect(warnings).toHaveLength(3);
    expect(warnings.join()).not.toContain('A1-secret');
  });
});
