import { json } from '../edge/answer.js';

/** Client-api.md §8.2. A flag is listed only when what it stands for answers. */
const VERSIONS = ['r0.6.1', ...Array.from({ length: 12 }, (_, minor) => `v1.${minor + 1}`)];

const ANSWER = json({ versions: VERSIONS, unstable_features: { 'org.matrix.msc4222': true } });

export const versions = () => ANSWER;
