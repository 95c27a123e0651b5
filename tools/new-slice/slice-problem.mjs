/** Something the caller can put right; only its sentence is shown. */
export class SliceProblem extends Error {
  name = 'SliceProblem';
}
