import { literalStart, prefixMatcher } from '@ganglion/requester';
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
  checkProgram(source);
  return { source, prefix: literalStart(source).literal, matchesRest: prefixMatcher(source) };
}

function checkProgram(source: string): void {
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
}
