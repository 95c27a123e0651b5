import { RE2JS, RE2JSSyntaxException } from 're2js';

/** Longest pattern, UTF-8 bytes. */
const MAX_PATTERN_BYTES = 4_096;
/** Largest compiled program, instructions of about 32 bytes: 1 MiB. */
const MAX_PROGRAM_INSTRUCTIONS = 32_768;

/** One namespace pattern: anchored at the start only, case-sensitive, linear in the length of what it is tried on. */
export interface Pattern {
  source: string;
  /** Every id that matches starts with it; may be empty. */
  prefix: string;
  /** Whether an id that starts with `prefix` matches. */
  matchesRest(id: string): boolean;
}

/** A pattern that the linear engine does not take. */
export class UnsupportedPattern extends Error {
  /** @param offset  where it stands in the pattern, in characters from 0 */
  constructor(
    readonly offset: number,
    readonly construct: string,
    reason: string,
  ) {
    super(`${reason} at offset ${offset}: ${construct}`);
  }
}

/** @throws UnsupportedPattern for look-around, back-references and whatever else cannot run in linear time */
export function compilePattern(source: string): Pattern {
  if (Buffer.byteLength(source) > MAX_PATTERN_BYTES) {
    throw new UnsupportedPattern(0, `${source.slice(0, 20)}…`, `longer than ${MAX_PATTERN_BYTES} bytes`);
  }
  const program = compile(source);
  const { prefix, rest } = literalPrefix(source);
  // Anchored at the start only, so nothing or `.*` after the literal part asks for nothing more.
  const prefixDecides = rest === '' || rest === '.*';
  return { source, prefix, matchesRest: prefixDecides ? () => true : (id) => program.matcher(id).lookingAt() };
}

function compile(source: string): RE2JS {
  let program: RE2JS;
  try {
    program = RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const construct = error.getPattern() ?? source;
    throw new UnsupportedPattern(Math.max(0, source.indexOf(construct)), construct, error.getDescription());
  }
  if (program.programSize() > MAX_PROGRAM_INSTRUCTIONS) {
    throw new UnsupportedPattern(0, source.slice(0, 60), 'compiles to a program that is too large');
  }
  return program;
}

const QUANTIFIERS = new Set(['*', '+', '?', '{']);
const META = new Set(['.', '[', ']', '(', ')', '{', '}', '*', '+', '?', '|', '^', '$']);

/**
 * The literal text every match starts with, and the pattern that is left. Errs on the short side: an alternation
 * anywhere gives an empty prefix, a quantified last character is not part of it.
 */
export function literalPrefix(source: string): { prefix: string; rest: string } {
  if (source.includes('|')) return { prefix: '', rest: source };
  let at = source.startsWith('^') ? 1 : 0;
  let prefix = '';
  while (at < source.length) {
    const literal = literalAt(source, at);
    if (!literal || QUANTIFIERS.has(source[at + literal.length] ?? '')) break;
    prefix += literal.text;
    at += literal.length;
  }
  return { prefix, rest: source.slice(at) };
}

function literalAt(source: string, at: number): { text: string; length: number } | null {
  const character = source[at]!;
  if (character === '\\') {
    const escaped = source[at + 1] ?? '';
    // A letter or digit after a backslash is a class, an anchor or a code, never itself.
    return /^[!-/:-@[-`{-~]$/.test(escaped) ? { text: escaped, length: 2 } : null;
  }
  // Half of a surrogate pair could be separated from its quantifier.
  if (META.has(character) || character > '\ud7ff') return null;
  return { text: character, length: 1 };
}
