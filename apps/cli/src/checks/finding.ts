export interface Finding {
  level: 'good' | 'warning' | 'bad';
  what: string;
  found: string;
  /** What to do about it; absent when there is nothing to do. */
  mend?: string;
}

export const good = (what: string, found: string): Finding => ({ level: 'good', what, found });
export const warning = (what: string, found: string, mend: string): Finding => ({
  level: 'warning',
  what,
  found,
  mend,
});
export const bad = (what: string, found: string, mend: string): Finding => ({ level: 'bad', what, found, mend });
