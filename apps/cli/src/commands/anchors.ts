import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import type { Anchor } from '@ganglion/event-store';
import { ProblemToSay } from '../place.js';

export interface ServiceAnchor extends Anchor {
  service: LogService;
}

const FORM = /^(?<service>[a-z]+):(?<pos>\d{1,15}):(?<link>[0-9a-f]{64})$/;

/** @throws ProblemToSay for one that is none, or is of a log that is not looked at */
export function anchorsOf(texts: readonly string[], services: readonly LogService[]): ServiceAnchor[] {
  return texts.map((text) => {
    const { service, pos, link } = FORM.exec(text.trim().toLowerCase())?.groups ?? {};
    const known = LOG_SERVICES.find((one) => one === service);
    if (!known || !pos || !link) {
      throw new ProblemToSay(
        `An anchor looks like auth:1234:<64 hex digits>, as \`events verify\` prints it; this is ${text}`,
      );
    }
    if (!services.includes(known)) throw new ProblemToSay(`There is an anchor of ${known}, whose log is not verified`);
    return { service: known, pos: Number(pos), link };
  });
}

export function anchorText(service: LogService, { head, link }: { head: number; link: string }): string {
  return `${service}:${head}:${link}`;
}
