import { readFileSync } from 'node:fs';

const SECTION = /^\{\{([#^])(\w+)\}\}\n([^]*?)^\{\{\/\2\}\}\n/gm;

/**
 * A template with its values: `{{name}}` is replaced, and what stands between `{{#name}}` and `{{/name}}`, each on a line of
 * its own, is there only when the value is true, between `{{^name}}` and `{{/name}}` only when it is not.
 * @param {string} path  below `templates`
 * @param {Record<string, string | boolean>} values
 */
export function fill(path, values) {
  const template = readFileSync(new URL(`templates/${path}`, import.meta.url), 'utf8');
  const valueOf = (name) => {
    if (!Object.hasOwn(values, name)) throw new Error(`${path} asks for ${name}, which has no value`);
    return values[name];
  };
  let text = template;
  for (let before = ''; before !== text;) {
    before = text; // one section may stand within another
    text = text.replaceAll(SECTION, (_, sign, name, inside) =>
      Boolean(valueOf(name)) === (sign === '#') ? inside : '',
    );
  }
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => String(valueOf(name)));
}
