<?php
// The scenarios in PHP (the SQLite3 class): host.php MODULE DIRECTORY SCENARIO [SECONDS], with sqlite3.extension_dir the module's.
[, $module, $directory, $scenario] = $argv;
$seconds = (float) ($argv[4] ?? 0);
const ROWS = 1000;

function connect(): SQLite3 {
    global $module, $directory;
    $db = new SQLite3("$directory/app.db");
    $db->enableExceptions(true);
    $db->busyTimeout(10000);
    $db->loadExtension(basename($module));
    return $db;
}

function create(): SQLite3 {
    $db = connect();
    $db->exec("PRAGMA journal_mode = wal");
    $db->exec("CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT)");
    $db->exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " . ROWS . ")
               INSERT INTO item SELECT i, hex(randomblob(10)) FROM n");
    return $db;
}

function expect($found, $wanted): void {
    if ($found !== $wanted) throw new Exception(var_export($found, true) . ", not " . var_export($wanted, true));
}

function refused(SQLite3 $db, string $sql, string $text): void {
    try {
        $db->querySingle($sql);
    } catch (Exception $error) {
        expect(str_contains($error->getMessage(), $text) ? $text : $error->getMessage(), $text);
        return;
    }
    throw new Exception("not refused: $sql");
}

function work(): void {
    $db = create();
    $other = connect();
    $name = $db->querySingle("SELECT backup_now()");
    expect($db->querySingle("SELECT name, status, rows FROM backups", true),
           ["name" => $name, "status" => "completed", "rows" => ROWS]);
    expect($db->querySingle("SELECT backup_verify('$name')"), "ok");
    $db->exec("DELETE FROM item WHERE id > 10");
    expect($other->querySingle("SELECT count(*) FROM item"), 10);
    refused($db, "SELECT backup_restore('latest')", "SQB-AUTH-01");
    $db->querySingle("SELECT backup_config('allow_restore', 'on')");
    $undo = $db->querySingle("SELECT backup_restore('$name')");
    expect($db->querySingle("SELECT count(*) FROM item"), ROWS);
    expect($other->querySingle("SELECT count(*) FROM item"), ROWS);
    expect($other->querySingle("PRAGMA integrity_check"), "ok");
    expect($db->querySingle("SELECT trigger FROM backups WHERE name = '$undo'"), "pre_restore");
    $db->exec("INSERT INTO item(text) VALUES('after')");
    $db->close();
    $other->close();
}

function refuse(): void {
    $db = create();
    $db->exec("CREATE VIEW takes AS SELECT backup_now()");
    $db->exec("CREATE VIEW lists AS SELECT * FROM backups");
    $db->exec("CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END");
    refused($db, "SELECT * FROM takes", "unsafe use");
    refused($db, "SELECT * FROM lists", "unsafe use");
    refused($db, "INSERT INTO item(text) VALUES('x')", "unsafe use");
    expect($db->querySingle("SELECT count(*) FROM backups"), 0);
}

// The process ends inside a statement, nothing closed.
function leave(): void {
    global $kept;
    $db = create();
    $db->querySingle("SELECT backup_now()");
    $db->querySingle("SELECT backup_now()");
    $rows = $db->query("SELECT name FROM backups");
    $rows->fetchArray();
    $kept = [$db, $rows];
    echo "ok exit\n";
    exit(0);
}

function fork(): void {
    $db = create();
    $db->querySingle("SELECT backup_now()");
    $child = pcntl_fork();
    if ($child === 0) {
        refused($db, "SELECT backup_now()", "SQB-FORK-01");
        refused($db, "SELECT * FROM backups", "SQB-FORK-01");
        $fresh = connect();
        expect($fresh->querySingle("SELECT backup_verify(backup_now())"), "ok");
        exit(7);
    }
    pcntl_waitpid($child, $status);
    expect(pcntl_wexitstatus($status), 7);
    expect($db->querySingle("SELECT backup_verify(backup_now())"), "ok");
    expect($db->querySingle("SELECT count(*) FROM backups"), 3);
    expect($db->querySingle("PRAGMA integrity_check"), "ok");
    $db->exec("INSERT INTO item(text) VALUES('after')");
}

// A connection whose scheduler has been at work for so many seconds.
function scheduler(): SQLite3 {
    global $seconds;
    $db = create();
    $db->querySingle("SELECT backup_config('interval', '1s')");
    expect($db->querySingle("SELECT backup_start() ->> 'leader'"), 1);
    usleep((int) ($seconds * 1e6));
    return $db;
}

function scheduler_close(): void {
    scheduler()->close();
}

function scheduler_exit(): void {
    global $kept;
    $kept = scheduler();
}

function scheduler_exec(): void {
    $db = scheduler();
    pcntl_exec("/bin/echo", ["ok scheduler-exec"]);
}

function scheduler_fork(): void {
    $db = scheduler();
    $child = pcntl_fork();
    if ($child === 0) {
        refused($db, "SELECT backup_now()", "SQB-FORK-01");
        exit(7);
    }
    pcntl_waitpid($child, $status);
    expect(pcntl_wexitstatus($status), 7);
    expect($db->querySingle("SELECT backup_verify(backup_now())"), "ok");
}

["work" => 'work', "refuse" => 'refuse', "exit" => 'leave', "fork" => 'fork',
 "scheduler-close" => 'scheduler_close', "scheduler-exit" => 'scheduler_exit', "scheduler-exec" => 'scheduler_exec',
 "scheduler-fork" => 'scheduler_fork'][$scenario]();
echo "ok $scenario\n";
