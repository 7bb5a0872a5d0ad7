// The scenarios in Node (node:sqlite): host.mjs MODULE DIRECTORY SCENARIO [SECONDS].
import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const [module, directory, scenario] = isMainThread ? process.argv.slice(2) : workerData;
const path = `${directory}/app.db`;
const ROWS = 1000;

function connect() {
  const db = new DatabaseSync(path, { allowExtension: true });
  db.exec("PRAGMA busy_timeout = 10000");
  db.loadExtension(module.replace(/\.so$/, ""));
  return db;
}

function create(rows = ROWS, width = 10) {
  const db = connect();
  db.exec("PRAGMA journal_mode = wal");
  db.exec("CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT)");
  db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
           INSERT INTO item SELECT i, hex(randomblob(${width})) FROM n`);
  return db;
}

const one = (db, sql, ...values) => Object.values(db.prepare(sql).get(...values))[0];
const refused = (db, sql, text) => assert.throws(() => db.prepare(sql).all(), (error) => error.message.includes(text));

function work() {
  const db = create(), other = connect();
  const name = one(db, "SELECT backup_now()");
  assert.deepEqual({ ...db.prepare("SELECT name, status, rows FROM backups").get() },
                   { name, status: "completed", rows: ROWS });
  assert.equal(one(db, "SELECT backup_verify(?)", name), "ok");
  db.exec("DELETE FROM item WHERE id > 10");
  assert.equal(one(other, "SELECT count(*) FROM item"), 10);
  refused(db, "SELECT backup_restore('latest')", "SQB-AUTH-01");
  one(db, "SELECT backup_config('allow_restore', 'on')");
  const undo = one(db, "SELECT backup_restore(?)", name);
  assert.equal(one(db, "SELECT count(*) FROM item"), ROWS);
  assert.equal(one(other, "SELECT count(*) FROM item"), ROWS);
  assert.equal(one(other, "PRAGMA integrity_check"), "ok");
  assert.equal(one(db, "SELECT trigger FROM backups WHERE name = ?", undo), "pre_restore");
  db.exec("INSERT INTO item(text) VALUES('after')");
  db.close();
  other.close();
}

function refuse() {
  const db = create();
  db.exec("CREATE VIEW takes AS SELECT backup_now()");
  db.exec("CREATE VIEW lists AS SELECT * FROM backups");
  db.exec("CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END");
  refused(db, "SELECT * FROM takes", "unsafe use");
  refused(db, "SELECT * FROM lists", "unsafe use");
  refused(db, "INSERT INTO item(text) VALUES('x')", "unsafe use");
  assert.equal(one(db, "SELECT count(*) FROM backups"), 0);
}

// A worker thread that says "begin" and takes backups, `workerData[2]` times or, with "for ever", until it is ended.
function back_up_as_worker() {
  const db = connect();
  parentPort.postMessage("begin");
  do {
    one(db, "SELECT backup_now()");
  } while (scenario === "for ever");
  db.close();
}

const start_worker = (what) => new Worker(new URL(import.meta.url), { workerData: [module, directory, what] });
const message = (worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
const ended = (worker) => new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));

// A connection closes while a worker takes a backup; then a worker is terminated while it takes one.
async function close() {
  create(20000, 500).close();
  for (let round = 0; round < 5; round++) {
    const idle = connect();
    one(idle, "SELECT count(*) FROM backups");
    const worker = start_worker("once"), exit = ended(worker);
    await message(worker);
    idle.close();
    assert.equal(await exit, 0);
  }
  const endless = start_worker("for ever");
  await message(endless);
  await endless.terminate();
  const db = connect();
  assert.ok(one(db, "SELECT count(*) FROM backups WHERE status = 'completed'") >= 5);
  assert.equal(one(db, "SELECT backup_verify('latest')"), "ok");
}

// The process ends, nothing closed, while a worker takes backups.
async function exit() {
  const db = create(20000, 500);
  one(db, "SELECT backup_now()");
  await message(start_worker("for ever"));
  console.log("ok exit");
  process.exit(0);
}

// A connection whose scheduler has been at work for so many seconds.
async function scheduler() {
  const db = create();
  one(db, "SELECT backup_config('interval', '1s')");
  assert.equal(one(db, "SELECT backup_start() ->> 'leader'"), 1);
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[5]) * 1000));
  return db;
}

const scheduler_close = async () => (await scheduler()).close();

async function scheduler_exit() {
  globalThis.kept = await scheduler();
  console.log(`ok ${scenario}`);
  process.exit(0);
}

if (isMainThread) {
  await { work, refuse, close, exit, "scheduler-close": scheduler_close, "scheduler-exit": scheduler_exit }[scenario]();
  console.log(`ok ${scenario}`);
} else {
  back_up_as_worker();
}
