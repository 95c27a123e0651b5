import type { Command, Event } from './decider.js';
import { defineErrors } from './errors.js';
import { specFor } from './spec-for.js';

type Lamp = Event<'lamp.lit', { by: string }>;
const refuse = defineErrors({ ALREADY_LIT: { kind: 'conflict', message: 'It burns' } });
const given = specFor<boolean, Lamp, Command<'Light'>>({
  initial: () => false,
  evolve: (state, event) => event.type === 'lamp.lit' || state,
  decide: (lit, { meta }) => {
    if (lit) throw refuse('ALREADY_LIT');
    return [{ type: 'lamp.lit', data: { by: meta.actor } }];
  },
});
const light: Command<'Light'> = { type: 'Light', data: {}, meta: { nowMs: 0, actor: 'me', correlationId: 'r' } };

describe('specFor', () => {
  it('passes when the events are the expected ones', () => {
    given()
      .when(light)
      .then({ type: 'lamp.lit', data: { by: 'me' } });
    given({ type: 'lamp.lit', data: { by: 'x' } })
      .when(light)
      .thenRefused('ALREADY_LIT');
  });

  it('fails when they are not', () => {
    expect(() => given().when(light).thenNothing()).toThrow('but decided');
    expect(() => given().when(light).thenRefused('ALREADY_LIT')).toThrow('but decided');
  });
});
