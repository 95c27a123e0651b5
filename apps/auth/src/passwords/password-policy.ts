import { refuse } from '../auth.errors.js';

/** Longest password anywhere, in UTF-16 code units. */
export const MAX_PASSWORD_CHARS = 512;

export interface PasswordPolicy {
  /** In characters; 0: none. */
  minimumLength: number;
  requireDigit: boolean;
  requireSymbol: boolean;
  requireUppercase: boolean;
  requireLowercase: boolean;
}

/** The first rule that a new password breaks, in the order of auth.md §3. @throws PASSWORD_… */
export function checkPassword(password: string, policy: PasswordPolicy): void {
  if ([...password].length < policy.minimumLength) {
    throw refuse('PASSWORD_TOO_SHORT', {}, `Password must be at least ${policy.minimumLength} characters long`);
  }
  if (policy.requireDigit && !/[0-9]/.test(password)) throw refuse('PASSWORD_NO_DIGIT');
  if (policy.requireSymbol && !/[^a-zA-Z0-9]/.test(password)) throw refuse('PASSWORD_NO_SYMBOL');
  if (policy.requireUppercase && !/[A-Z]/.test(password)) throw refuse('PASSWORD_NO_UPPERCASE');
  if (policy.requireLowercase && !/[a-z]/.test(password)) throw refuse('PASSWORD_NO_LOWERCASE');
}

/** What is hashed: the same text whatever keyboard composed it, and the deployment's pepper (auth.md §9). */
export function preparedPassword(password: string, pepper: string): string {
  return password.normalize('NFKC') + pepper;
}
