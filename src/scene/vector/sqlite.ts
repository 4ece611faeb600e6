/** @file Reading an SQLite database, whatever wrote it and wherever it lies. */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database as Connection, SQLiteValue } from "node-sqlite3-wasm";
import { FormatError, SymdiffuserError, UnsupportedError } from "../../tensor/index.ts";
import { firstBytes } from "../bytes.ts";

/** A value as SQLite holds it. */
export type Value = SQLiteValue;
export type Row = Readonly<Record<string, Value>>;

/** Whether a file begins as SQLite databases do. */
export function isSqlite(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 16)).toString("latin1") === "SQLite format 3\0";
}

/** A database that only reads. */
export interface Database {
  /** Rows of a query, one after another. */
  rows(sql: string, ...values: readonly Value[]): Iterable<Row>;
}

/**
 * What `work` makes of a database.
 *
 * It sees a copy in the folder for temporary files: SQLite wants to make a lock beside the file, which may lie where
 * nothing can be written.
 *
 * @throws FormatError if the database is damaged
 * @throws UnsupportedError if another program has not finished writing it
 */
export async function withDatabase<T>(file: string, work: (database: Database) => T): Promise<T> {
  if (!isSqlite(firstBytes(file, 16))) throw new FormatError(file, "expected an SQLite database; got other bytes");
  for (const end of ["-wal", "-journal"]) {
    if (!existsSync(file + end) || statSync(file + end).size === 0) continue;
    throw new UnsupportedError(`${file} with changes in ${file}${end}`, "close the program that has it open");
  }
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-"));
  try {
    const copy = join(folder, "copy.db");
    copyFileSync(file, copy);
    withoutLog(copy);
    const { default: sqlite } = await import("node-sqlite3-wasm");
    const connection = new sqlite.Database(copy, { readOnly: true });
    try {
      return work({ rows: (sql, ...values) => rows(connection, sql, values) });
    } finally {
      connection.close();
    }
  } catch (cause) {
    if (cause instanceof SymdiffuserError) throw cause;
    const { message } = cause as Error;
    throw new FormatError(file, `expected an intact SQLite database; got "${message}"`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Write and read version (bytes 18 and 19) 2 call for a log of changes beside the file; 1 does without. */
function withoutLog(file: string): void {
  chmodSync(file, 0o600);
  const handle = openSync(file, "r+");
  try {
    writeSync(handle, Uint8Array.of(1, 1), 0, 2, 18);
  } finally {
    closeSync(handle);
  }
}

function* rows(connection: Connection, sql: string, values: readonly Value[]): Generator<Row> {
  const statement = connection.prepare(sql);
  try {
    yield* statement.iterate([...values]) as Iterable<Row>;
  } finally {
    statement.finalize();
  }
}
