/** Version of Ganglion, as in the root's package.json. */
export const GANGLION_VERSION = '0.1.0';
