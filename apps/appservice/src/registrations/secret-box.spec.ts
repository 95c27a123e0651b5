import { SecretBox } from './secret-box.js';

describe('SecretBox', () => {
  const box = new SecretBox('a secret of the deployment');

  it('gives back what was put in and shows nothing of it', () => {
    const sealed = box.seal('H1-sécret', 'irc');
    expect(sealed.toString('latin1')).not.toContain('H1');
    expect(box.open(sealed, 'irc')).toBe('H1-sécret');
  });

  it('never seals alike', () => expect(box.seal('x', 'irc').equals(box.seal('x', 'irc'))).toBe(false));

  it('opens for nobody else, with no other key, and not after a change', () => {
    const sealed = box.seal('H1', 'irc');
    const changed = Buffer.from(sealed);
    changed[changed.length - 1]! ^= 1;
    expect(() => box.open(sealed, 'log')).toThrow();
    expect(() => box.open(changed, 'irc')).toThrow();
    expect(() => new SecretBox('another').open(sealed, 'irc')).toThrow();
  });
});
