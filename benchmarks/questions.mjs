// SPDX-License-Identifier: GPL-3.0-or-later
// questions.mjs DATABASE ROUNDS FILE...: DuckDB answers the SQL in each file, as a peer of questions.c. A first file may hold several
// statements, each ended by `;` and a line's end, that make the tables. Prints the answer, then a line `seconds: LEAST`.
import { DuckDBInstance } from "@duckdb/node-api";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const [database, rounds, file] = process.argv.slice(2);
const instance = await DuckDBInstance.create(database, { threads: String(availableParallelism()) });
const connection = await instance.connect();
const statements = readFileSync(file, "utf8").split(/;\s*\n/).filter((s) => s.trim());
let least = Infinity;
let rows = [];
for (let i = 0; i < Number(rounds); i++) {
    const began = process.hrtime.bigint();
    for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRows();
    least = Math.min(least, Number(process.hrtime.bigint() - began) / 1e9);
}
for (const row of rows) console.log(row.map((v) => (v === null ? "" : String(v))).join(","));
console.log(`seconds: ${least}`);
