/** Codes of appservice.md §3.2; stable, operators search for them. */
export type ProblemCode =
  | 'as_file_unreadable'
  | 'as_yaml_invalid'
  | 'as_field_missing'
  | 'as_url_missing'
  | 'as_url_invalid'
  | 'as_id_invalid'
  | 'as_sender_invalid'
  | 'as_ns_not_list'
  | 'as_ns_entry_invalid'
  | 'as_ns_regex_type'
  | 'as_ns_exclusive_type'
  | 'as_ns_regex_unsupported'
  | 'as_protocols_invalid'
  | 'as_flag_type'
  | 'as_ip_range_invalid'
  | 'as_duplicate_id'
  | 'as_duplicate_token'
  | 'as_ns_conflict';

/** One thing that is wrong with a registration, and what to do about it. Never holds the value of a token. */
export interface Problem {
  code: ProblemCode;
  /** File name. */
  source: string;
  /** Path of the field, such as `namespaces.users[0].regex`; empty for the document as a whole. */
  field: string;
  message: string;
}

export function describeProblem({ code, source, field, message }: Problem): string {
  return `${source}: ${field ? `${field}: ` : ''}${message} (${code})`;
}

/** Collects the problems of one source, so that all of them are told at once. */
export class Findings {
  readonly problems: Problem[] = [];
  /** Odd, but it works: told in the service's log. */
  readonly warnings: string[] = [];

  constructor(private readonly source: string) {}

  bad(code: ProblemCode, field: string, message: string): void {
    this.problems.push({ code, source: this.source, field, message });
  }

  warn(field: string, message: string): void {
    this.warnings.push(`${this.source}: ${field}: ${message}`);
  }
}
