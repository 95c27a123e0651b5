import { Problem } from './problem.mjs';
import { LOG_SERVICES } from './state.mjs';

/** Started together, group after group, and stopped in the opposite order. */
export const APP_GROUPS = [LOG_SERVICES, ['gateway']];
const SINGLE_GROUPS = [['single']];

/** More than these no machine of ours has use for; a slip of the finger should not start a thousand processes. */
export const MOST_REPLICAS = 16;

/** @typedef {{ name: string, app: string }} Instance */

/**
 * Every process that a system has, group after group. One of an app is named after it; of several each has a number:
 * `rooms-1`, `rooms-2`.
 *
 * @param {{ single?: boolean, replicas?: number }} options
 * @returns {Instance[][]}
 */
export function instanceGroups({ single = false, replicas = 1 }) {
  return (single ? SINGLE_GROUPS : APP_GROUPS).map((apps) => apps.flatMap((app) => instancesOf(app, replicas)));
}

const instancesOf = (app, replicas) =>
  replicas === 1
    ? [{ name: app, app }]
    : Array.from({ length: replicas }, (_, i) => ({ name: `${app}-${i + 1}`, app }));

/**
 * The instances meant by names of apps or of single instances, in the order of `groups`; all of them when none is named.
 *
 * @param {Instance[][]} groups
 * @param {string[]} names
 * @returns {Instance[][]} groups without those that are not meant
 * @throws {Problem} that lists what there is, when a name is none of it
 */
export function pickInstances(groups, names) {
  const all = groups.flat();
  const unknown = names.find((name) => !all.some((each) => each.name === name || each.app === name));
  if (unknown !== undefined) {
    throw new Problem(`Nothing here is called "${unknown}". There is ${all.map(({ name }) => name).join(', ')}.`);
  }
  const isMeant = ({ name, app }) => names.length === 0 || names.includes(name) || names.includes(app);
  return groups.map((group) => group.filter(isMeant));
}
