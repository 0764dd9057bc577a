// SPDX-License-Identifier: GPL-3.0-or-later
// duckdb.mjs CSV DATABASE default|best time|check: DuckDB loads an access log, as a peer of load_accesses.c.
// Prints the seconds of the statement and its checkpoint; with `check` also what was loaded: `rows|pairs|seconds`.
import { DuckDBInstance } from "@duckdb/node-api";
import { unlinkSync } from "node:fs";
import { availableParallelism } from "node:os";

const [csv, database, how, what] = process.argv.slice(2);
for (const path of [database, `${database}.wal`]) {
    try {
        unlinkSync(path);
    } catch {
        // it was not there
    }
}
const instance = await DuckDBInstance.create(database, { threads: String(availableParallelism()) });
const connection = await instance.connect();
if (how === "best") {
    await connection.run("SET force_compression = 'uncompressed'");
    await connection.run("SET preserve_insertion_order = false");
}
const began = process.hrtime.bigint();
await connection.run(`CREATE TABLE accesses AS SELECT * FROM read_csv('${csv.replaceAll("'", "''")}')`);
await connection.run("CHECKPOINT");
let said = String(Number(process.hrtime.bigint() - began) / 1e9);
if (what === "check") {
    const reader = await connection.runAndReadAll(
        `SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT officer_id, case_id FROM accesses)),
                sum(epoch("at")::BIGINT - 1735689600)::BIGINT FROM (SELECT DISTINCT * FROM accesses)`);
    said += ` ${reader.getRows()[0].join("|")}`;
}
console.log(said);
