import { json } from '../edge/answer.js';

const NO_TURN = json({});
/** Clients start only when all five kinds are there. */
const NO_RULES = json({ global: { override: [], content: [], room: [], sender: [], underride: [] } });

/** No TURN server is configured: an empty object, as the specification has it. */
export const turnServer = () => NO_TURN;

/** Nobody has a push rule yet. */
export const pushRules = () => NO_RULES;

/** @param version  of this server */
export const serverVersion = (version: string) => {
  const answer = json({ server_version: `Ganglion/${version}`, server: { name: 'Ganglion', version } });
  return () => answer;
};
