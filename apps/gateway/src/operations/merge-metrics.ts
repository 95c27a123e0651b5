/** What one instance of a service says of itself, in Prometheus text format. */
export interface MetricsText {
  instance: string;
  text: string;
}

interface Family {
  head: string[];
  samples: string[];
}

const SAMPLE = /^([A-Za-z_:][A-Za-z0-9_:]*)(\{.*\})?(\s.*)$/;

/**
 * One text of many: every family stands once, and every sample names its instance, so that two instances of one service
 * are two series.
 */
export function mergeMetrics(texts: readonly MetricsText[]): string {
  const families = new Map<string, Family>();
  for (const { instance, text } of texts) {
    let family: Family = { head: [], samples: [] };
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const headOf = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (headOf !== undefined) family = familyOf(families, headOf);
      if (headOf === undefined && !line.startsWith('#')) family.samples.push(labelled(line, instance));
      else if (!family.head.includes(line) && family.head.length < 2) family.head.push(line);
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return `${lines.join('\n')}\n`;
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const known = families.get(name);
  if (known) return known;
  const family: Family = { head: [], samples: [] };
  families.set(name, family);
  return family;
}

function labelled(sample: string, instance: string): string {
  const [, name, labels, rest] = SAMPLE.exec(sample) ?? [];
  if (name === undefined) return sample;
  const own = `instance="${instance}"`;
  const inside = labels?.slice(1, -1);
  return `${name}{${inside ? `${inside},` : ''}${own}}${rest}`;
}
