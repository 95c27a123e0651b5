import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, Writable, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type pg from 'pg';
import { from, to } from 'pg-copy-streams';
import type { BackedUpTable } from './manifest.js';
import { columnList, quoted, type TableShape } from './tables.js';

/** Fast: the copy of a table must not take the machine from the server that goes on serving. */
const COMPRESSION_LEVEL = 3;

export interface FileDigest {
  sizeBytes: number;
  sha256: string;
}

/** Lets everything through and knows afterwards how much it was, and its SHA-256. */
export class Digesting extends Transform {
  sizeBytes = 0;
  private readonly hash = createHash('sha256');

  constructor(private readonly onBytes: (sizeBytes: number) => void = () => undefined) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.sizeBytes += chunk.length;
    this.hash.update(chunk);
    this.onBytes(chunk.length);
    done(null, chunk);
  }

  digest(): FileDigest {
    return { sizeBytes: this.sizeBytes, sha256: this.hash.copy().digest('hex') };
  }
}

/** Counts lines; in COPY's text form every row is one, whatever it holds. */
class CountingRows extends Transform {
  rows = 0;
  sizeBytes = 0;

  constructor(private readonly onBytes: (sizeBytes: number) => void = () => undefined) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.sizeBytes += chunk.length;
    this.onBytes(chunk.length);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.rows++;
    done(null, chunk);
  }
}

/** Writes a table as of the snapshot of `client` into a new file, on disk when it returns. */
export async function copyOut(
  client: pg.Client,
  { name, columns }: TableShape,
  path: string,
  onBytes: (sizeBytes: number) => void,
): Promise<{ rows: number; sizeBytes: number; file: FileDigest }> {
  const source = client.query(to(`copy public.${quoted(name)} (${columnList(columns)}) to stdout`));
  const counting = new CountingRows(onBytes);
  const compressed = new Digesting();
  await pipeline(source, counting, createGzip({ level: COMPRESSION_LEVEL }), compressed, newFile(path));
  if (counting.rows !== source.rowCount) {
    throw new Error(`${name}: ${counting.rows} rows came, but Postgres says it has sent ${source.rowCount}`);
  }
  return { rows: counting.rows, sizeBytes: counting.sizeBytes, file: compressed.digest() };
}

/** Puts a file's rows into a table, in the transaction of `client`. @throws Error when it is not what the manifest says */
export async function copyIn(
  client: pg.Client,
  { name, columns, rows }: BackedUpTable,
  path: string,
  expected: FileDigest,
  onBytes: (sizeBytes: number) => void,
): Promise<void> {
  const target = client.query(from(`copy public.${quoted(name)} (${columnList(columns)}) from stdin`));
  const compressed = new Digesting(onBytes);
  await pipeline(createReadStream(path), compressed, createGunzip(), target);
  requireSame(compressed.digest(), expected);
  if (target.rowCount !== rows) throw new Error(`${name}: ${target.rowCount} rows went in, ${rows} were backed up`);
}

/** Reads a file to its end. @throws Error when it is not what the manifest says */
export async function checkFile(
  path: string,
  expected: FileDigest,
  onBytes: (sizeBytes: number) => void,
): Promise<void> {
  const digesting = new Digesting(onBytes);
  await pipeline(createReadStream(path), digesting, nowhere());
  requireSame(digesting.digest(), expected);
}

/** The same of a table's file, unpacked and counted as well. */
export async function checkTableFile(
  path: string,
  table: BackedUpTable,
  expected: FileDigest,
  onBytes: (sizeBytes: number) => void,
): Promise<void> {
  const compressed = new Digesting(onBytes);
  const counting = new CountingRows();
  await pipeline(createReadStream(path), compressed, createGunzip(), counting, nowhere());
  requireSame(compressed.digest(), expected);
  if (counting.rows !== table.rows || counting.sizeBytes !== table.sizeBytes) {
    throw new Error(`${counting.rows} rows in ${counting.sizeBytes} bytes, not ${table.rows} in ${table.sizeBytes}`);
  }
}

function requireSame(found: FileDigest, expected: FileDigest): void {
  if (found.sizeBytes !== expected.sizeBytes) {
    throw new Error(`${found.sizeBytes} bytes, not ${expected.sizeBytes}: it was cut off or changed`);
  }
  if (found.sha256 !== expected.sha256) throw new Error('it was changed: its SHA-256 is another one');
}

const newFile = (path: string): Writable => createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
