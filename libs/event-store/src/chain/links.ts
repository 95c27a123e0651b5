import { createHash } from 'node:crypto';

/** A row of `event` as it is stored, numbers as text; null only where somebody has removed a constraint. */
export interface ChainedRow {
  pos: string;
  vshard: string;
  stream: string | null;
  ver: string;
  type: string | null;
  v: string;
  id: string;
  at: string;
  meta: string | null;
  key_id: string | null;
  data: string | null;
  link: Buffer | null;
}

/** Of `event e`. */
export const CHAINED_COLUMNS = `e.pos::text, e.vshard::text, e.stream, e.ver::text, e.type, e.v::text, e.id::text, e.at::text,
  e.meta, e.key_id, e.data, e.link`;

/** What position 1 links to. */
export function genesisOf(log: string): Buffer {
  return sha256(`ganglion event chain 1\n${log}`);
}

/** The link of `row`, were it to follow `previous` at position `pos`; see chain-schema.ts for the encoding. */
export function linkOf(previous: Buffer, row: ChainedRow, pos: string = row.pos): Buffer {
  return createHash('sha256').update(previous).update(digestOf(row, pos)).digest();
}

function digestOf(
  { vshard, stream, ver, type, v, id, at, meta, key_id: keyId, data }: ChainedRow,
  pos: string,
): Buffer {
  const lengths = [stream, type, meta, keyId, data].map((text) => (text === null ? '-' : Buffer.byteLength(text)));
  const head = [pos, vshard, ver, v, id, at, ...lengths].join(' ');
  return sha256(`${head}\n${stream ?? ''}${type ?? ''}${meta ?? ''}${keyId ?? ''}${data ?? ''}`);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
