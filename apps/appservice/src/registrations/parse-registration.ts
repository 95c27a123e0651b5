import { createHash } from 'node:crypto';
import { parseNamespaces } from './parse-namespaces.js';
import {
  parseFlag,
  parseId,
  parseIpRanges,
  parseProtocols,
  parseSender,
  parseToken,
  parseUrl,
  type Document,
} from './parse-fields.js';
import { Findings, type Problem } from './problem.js';
import type { Registration, RegistrationOptions } from './registration.js';

export interface Parsed {
  /** Null when there is a problem. */
  registration: Registration | null;
  problems: Problem[];
  warnings: string[];
}

/**
 * A registration document (appservice.md §3.1). Every problem is found, not only the first; keys nobody knows are left alone.
 * @param source  what the messages call it: its file name
 */
export function parseRegistration(document: Document, source: string, serverName: string): Parsed {
  const findings = new Findings(source);
  const asId = parseId(document, findings);
  const url = parseUrl(document, findings);
  const asToken = parseToken(document, 'as_token', findings);
  const hsToken = parseToken(document, 'hs_token', findings);
  const sender = parseSender(document, serverName, findings);
  const namespaces = parseNamespaces(document, findings);
  const protocols = parseProtocols(document, findings);
  const ipRangeWhitelist = parseIpRanges(document, findings);
  const deviceManaged = parseFlag(document, 'io.element.msc4190', false, findings);
  const options = parseOptions(document, findings);
  warnOfOddities(document, asToken !== null && asToken === hsToken, findings);

  const { problems, warnings } = findings;
  const complete = asId !== null && url !== undefined && asToken !== null && hsToken !== null && sender !== null;
  if (problems.length > 0 || !complete) return { registration: null, problems, warnings };
  const registration: Registration = {
    public: {
      asId,
      sender,
      asTokenHash: createHash('sha256').update(asToken).digest('hex'),
      namespaces,
      // Anything but a plain false keeps the limits on.
      rateLimited: document['rate_limited'] !== false,
      ipRangeWhitelist,
      protocols,
      hasUrl: url !== null,
      deviceManaged,
    },
    options,
    url,
    hsToken,
    source,
  };
  return { registration, problems, warnings };
}

function parseOptions(document: Document, findings: Findings): RegistrationOptions {
  const flag = (field: string, fallback = false) => parseFlag(document, field, fallback, findings);
  return {
    receiveEphemeral: flag('receive_ephemeral'),
    pushEphemeralMsc2409: flag('de.sorunome.msc2409.push_ephemeral'),
    msc3202: flag('org.matrix.msc3202'),
    suppressEcho: flag('io.ganglion.suppress_echo'),
    legacyEventFields: flag('io.ganglion.legacy_event_fields', true),
  };
}

function warnOfOddities(document: Document, sameTokens: boolean, findings: Findings): void {
  if (sameTokens) findings.warn('hs_token', 'is the same as as_token: use two different ones');
  if (document['push_ephemeral'] !== undefined) {
    findings.warn('push_ephemeral', 'means nothing; use receive_ephemeral');
  }
}
