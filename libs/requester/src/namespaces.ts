import { RE2JS } from 're2js';

/** Does the id begin with what the expression describes? */
export type PrefixMatcher = (id: string) => boolean;

const QUANTIFIERS = '*+?{';
const META = '\\^$.|?*+()[]{}';

/**
 * A namespace expression of an appservice: it describes a prefix of the id, anchored at the start and not at the end.
 * The engine takes linear time whatever the expression; ids that do not even share its literal beginning never reach it.
 * @throws Error when the expression is not one
 */
export function prefixMatcher(regex: string): PrefixMatcher {
  const compiled = RE2JS.compile(regex);
  const { literal, rest } = literalStart(regex);
  if (rest === '' || rest === '.*') return (id) => id.startsWith(literal);
  return (id) => id.startsWith(literal) && compiled.matcher(id).lookingAt();
}

/** What every match must begin with, and the part of the expression behind it. */
export function literalStart(regex: string): { literal: string; rest: string } {
  if (hasTopLevelChoice(regex)) return { literal: '', rest: regex };
  let at = regex.startsWith('^') ? 1 : 0;
  let literal = '';
  while (at < regex.length) {
    const { text, size } = literalAt(regex, at);
    if (text === '' || QUANTIFIERS.includes(regex[at + size] ?? ' ')) break;
    literal += text;
    at += size;
  }
  return { literal, rest: regex.slice(at) };
}

/** One literal character at `at`, escaped punctuation included; nothing where the expression does anything else. */
function literalAt(regex: string, at: number): { text: string; size: number } {
  const char = String.fromCodePoint(regex.codePointAt(at)!);
  // Half of a surrogate pair would fit the beginning of ids that hold the whole.
  if (/^[\ud800-\udfff]$/.test(char)) return { text: '', size: 0 };
  if (char !== '\\') return META.includes(char) ? { text: '', size: 0 } : { text: char, size: char.length };
  const escaped = regex[at + 1] ?? '';
  return /[^0-9A-Za-z\s]/.test(escaped) && escaped.charCodeAt(0) < 128
    ? { text: escaped, size: 2 }
    : { text: '', size: 0 };
}

/** Too careful on purpose: a bar anywhere outside a group counts, and so does an odd class that hides a parenthesis. */
function hasTopLevelChoice(regex: string): boolean {
  let depth = 0;
  for (let at = 0; at < regex.length; at++) {
    const char = regex[at];
    if (char === '\\') {
      if (regex[at + 1] === 'Q') return true; // quoting: \Q…\E
      at++;
    } else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '[') return regex.includes('|');
    else if (char === '|' && depth <= 0) return true;
  }
  return false;
}
