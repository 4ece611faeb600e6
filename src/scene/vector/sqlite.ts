/** @file Reading an SQLite database, whatever wrote it and wherever it lies, with a library in a worker. */
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SQLiteValue } from "node-sqlite3-wasm";
import { FormatError, SymdiffuserError, UnsupportedError } from "../../tensor/index.ts";
import { firstBytes, openBytes } from "../bytes.ts";
import { limitFor, takeWorker, type Worker, WorkerFault, type WorkerProgram } from "../worker.ts";

/** A value as SQLite holds it. */
export type Value = SQLiteValue;
export type Row = Readonly<Record<string, Value>>;

/** Whether a file begins as SQLite databases do. */
export function isSqlite(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 16)).toString("latin1") === "SQLite format 3\0";
}

/** A database that only reads. One query at a time: the next ends the one before. */
export interface Database {
  /** Of the file. */
  readonly sizeBytes: number;
  /** Rows of a query, one after another. */
  rows(sql: string, ...values: readonly Value[]): AsyncIterable<Row>;
  /** All rows of a query, of which there can be no more than the file has bytes. */
  all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
}

/** Rows come in parts of about so many bytes. */
const partBytes = 2 ** 20;

const sqliteLibrary: WorkerProgram = {
  name: "the SQLite library",
  text: `
const { partBytes } = data;
let library, database, statement, rows;
async function start() {
  library ??= (await import(data.sqlite)).default;
}
// What is wrong with the file; anything else is wrong with the library.
const telling = (ask) => (...terms) => {
  try {
    return ask(...terms);
  } catch (cause) {
    throw cause instanceof library.SQLite3Error ? new Fault(cause.message) : cause;
  }
};
function open(file) {
  close();
  database = new library.Database(file, { readOnly: true });
}
function query(sql, values) {
  statement?.finalize();
  statement = database.prepare(sql);
  rows = statement.iterate(values);
}
const sizeOf = (value) => (typeof value === "string" || value instanceof Uint8Array ? value.length : 8);
function more() {
  const part = [];
  for (let size = 0; size < partBytes; ) {
    const { value, done } = rows.next();
    if (done) return { part, isLast: true };
    for (const one of Object.values(value)) size += 8 + sizeOf(one);
    part.push(value);
  }
  return { part, isLast: false };
}
function close() {
  statement?.finalize();
  statement = rows = undefined;
  database?.close();
  database = undefined;
}
const answers = { start, open: telling(open), query: telling(query), more: telling(more), close };
`,
  data: { sqlite: import.meta.resolve("node-sqlite3-wasm"), partBytes },
  heapMb: 256,
};

/**
 * What `work` makes of a database.
 *
 * It sees a copy in the folder for temporary files: SQLite wants to make a lock beside the file, which may lie where
 * nothing can be written, or on a web server.
 *
 * @throws FormatError if the database is damaged
 * @throws UnsupportedError if another program has not finished writing it
 */
export async function withDatabase<T>(
  file: string,
  work: (database: Database) => Promise<T>,
  program: WorkerProgram = sqliteLibrary,
): Promise<T> {
  if (!isSqlite(firstBytes(file, 16))) throw new FormatError(file, "expected an SQLite database; got other bytes");
  for (const end of ["-wal", "-journal"]) {
    if (!existsSync(file + end) || statSync(file + end).size === 0) continue;
    throw new UnsupportedError(`${file} with changes in ${file}${end}`, "close the program that has it open");
  }
  const worker = await takeWorker(program);
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-"));
  try {
    const copy = join(folder, "copy.db");
    const sizeBytes = copyWithoutLog(file, copy);
    await worker.ask("open", [copy], limitFor(0));
    return await work(databaseOf(worker, file, sizeBytes));
  } catch (cause) {
    if (cause instanceof SymdiffuserError && !(cause instanceof WorkerFault)) throw cause;
    const { message } = cause as Error;
    throw new FormatError(file, `expected an intact SQLite database; got "${message}"`, { cause });
  } finally {
    await worker.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Most bytes of a copy that are in memory. */
const pieceBytes = 2 ** 24;

/**
 * Copy a database. Write and read version (bytes 18 and 19) 2 call for a log of changes beside the file; 1 does without.
 *
 * @returns  its bytes
 */
function copyWithoutLog(file: string, copy: string): number {
  const bytes = openBytes(file);
  const handle = openSync(copy, "w");
  try {
    for (let at = 0; at < bytes.size; at += pieceBytes) {
      writeSync(handle, bytes.read(at, Math.min(pieceBytes, bytes.size - at)));
    }
    writeSync(handle, Uint8Array.of(1, 1), 0, 2, 18);
    return bytes.size;
  } finally {
    closeSync(handle);
    bytes.close();
  }
}

function databaseOf(worker: Worker, file: string, sizeBytes: number): Database {
  async function* rows(sql: string, ...values: readonly Value[]): AsyncGenerator<Row> {
    await worker.ask("query", [sql, values], limitFor(0));
    for (let isLast = false; !isLast; ) {
      const answer = (await worker.ask("more", [], limitFor(0))) as { part: readonly Row[]; isLast: boolean };
      yield* answer.part;
      ({ isLast } = answer);
    }
  }
  return {
    sizeBytes,
    rows,
    async all(sql, ...values) {
      const found: Row[] = [];
      for await (const row of rows(sql, ...values)) {
        found.push(row);
        // Pages that lead in circles repeat rows.
        if (found.length > sizeBytes) throw new FormatError(file, `expected at most ${sizeBytes} rows; got more`);
      }
      return found;
    },
  };
}
