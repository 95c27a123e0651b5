import { NewerEvent } from './event-log.errors.js';
import { checkEventTypes, upcast } from './event-types.js';

describe('event types', () => {
  it('names every hole in the chains of upcasters', () => {
    const types = { 'a.done': { v: 3, upcast: { 1: (data: object) => data } }, 'b.done': { v: 2 }, 'c.done': { v: 1 } };
    expect(() => checkEventTypes(types)).toThrow('missing upcasters: a.done 2 → 3, b.done 1 → 2');
    expect(() => checkEventTypes({ 'c.done': { v: 1 } })).not.toThrow();
  });

  it('leaves alone a type that it does not know', () => {
    expect(upcast({}, 'toString', 4, { x: 1 })).toEqual({ v: 4, data: { x: 1 } });
  });

  it('does not read a payload that is newer than it knows', () => {
    const types = { 'a.done': { v: 2, upcast: { 1: (data: object) => ({ ...data, lifted: true }) } } };
    expect(upcast(types, 'a.done', 1, { x: 1 })).toEqual({ v: 2, data: { x: 1, lifted: true } });
    expect(upcast(types, 'a.done', 2, { x: 1 })).toEqual({ v: 2, data: { x: 1 } });
    expect(() => upcast(types, 'a.done', 3, { x: 1 })).toThrow(NewerEvent);
  });
});
