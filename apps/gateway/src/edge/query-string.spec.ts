import { queryOf, withoutToken } from './query-string.js';

describe('queryOf', () => {
  it.each([
    ['/x', {}],
    ['/x?', {}],
    ['/x?a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['/x?a', { a: [''] }],
    ['/x?a=&&b=', { a: [''], b: [''] }],
    ['/x?a=1=2', { a: ['1=2'] }],
    ['/x?q=a+b%2Bc%20d', { q: ['a b+c d'] }],
    ['/x?%C3%A9=%F0%9F%90%88', { é: ['🐈'] }],
    ['/x?filter={"a":1}', { filter: ['{"a":1}'] }],
  ])('%s', (url, expected) => expect({ ...queryOf(url) }).toEqual(expected));

  it.each(['/x?a=%', '/x?a=%zz', '/x?%ff=1', '/x?a=%E2%82'])('%s is refused', (url) => {
    expect(() => queryOf(url)).toThrow(expect.objectContaining({ code: 'BAD_ESCAPE', kind: 'invalid' }));
  });

  it('has no parameter that was not sent, and every one that was', () => {
    const query = queryOf('/x?__proto__=1&constructor=2');
    expect(query['toString']).toBeUndefined();
    expect(query['__proto__']).toEqual(['1']);
    expect(query['constructor']).toEqual(['2']);
    expect(JSON.parse(JSON.stringify(withoutToken(query)))).toEqual(
      JSON.parse('{"__proto__":["1"],"constructor":["2"]}'),
    );
  });

  it('keeps the token for itself', () => {
    expect(withoutToken(queryOf('/x?access_token=secret&a=1'))).toEqual({ a: ['1'] });
  });
});
