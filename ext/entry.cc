// The entry point: loading registers the functions and tables below and does nothing else.
#include "base/mutex.h"
#include "pages/sqlite.h"
#include "surface/functions.h"
#include "surface/guard.h"
#include "surface/registry.h"
#include "surface/result.h"
#include "vtab/module.h"

namespace sqbackup {
namespace {

// Everything there is, in the order of backup_help.
// Functions: name, body, least and most arguments. Tables: name, type. Then signature, summary, example.
constexpr Entry function(const char* name, Status (*body)(Call&), int least, int most, const char* signature,
                         const char* summary, const char* example) {
  return {name, body, least, most, nullptr, signature, summary, example};
}

constexpr Entry table(const char* name, const TableType& type, const char* signature, const char* summary,
                      const char* example) {
  return {name, nullptr, 0, 0, &type, signature, summary, example};
}

constexpr Entry kEntries[] = {
    function("backup_now", sql_backup_now, 0, 1, "backup_now([options])",
             "takes one backup of the database and returns its name; options: database, schema, format, "
             "exclude_tables, encrypt, note, labels, pinned, row_counts",
             "SELECT backup_now('{\"note\":\"before v42\"}');"),
    function(
        "backup_restore", sql_backup_restore, 1, 2, "backup_restore(point [, options])",
        "puts a past state back, into the live database or to a new file; returns the pre_restore backup "
        "(the undo) or the file's path; options: to, overwrite, level, reindex_later, "
        "database, schema",
        "SELECT backup_restore('latest', '{\"to\":\"copy.db\"}');"),
    function(
        "backup_verify", sql_backup_verify, 1, 2, "backup_verify(point [, options])",
        "proves a backup's stored bytes and the database in them: 'ok', or an error naming the first thing "
        "wrong; options: level (checksum, quick, full), database, schema",
        "SELECT backup_verify('latest');"),
    function(
        "backup_rekey", sql_backup_rekey, 1, 2, "backup_rekey(point [, options])",
        "gives an encrypted backup other keys, those that encrypt_to names now, without encrypting it anew; "
        "returns its name; options: encrypt_to, database, schema",
        "SELECT backup_rekey(name) FROM backups WHERE name LIKE '%.age';"),
    function(
        "backup_upload", sql_backup_upload, 1, 2, "backup_upload(point [, options])",
        "copies a backup to the place that url names, a bucket or a directory on another disk, and returns "
        "the copy's URL; options: url, database, schema",
        "SELECT backup_upload(backup_now(), '{\"url\":\"s3://bucket/app\"}');"),
    function(
        "backup_download", sql_backup_download, 1, 2, "backup_download(name [, options])",
        "brings a copied backup back into the backup directory; returns its name; options: url, database, "
        "schema",
        "SELECT backup_download('latest');"),
    function(
        "backup_adopt", sql_backup_adopt, 1, 2, "backup_adopt(url [, options])",
        "makes a place this database's and this machine's, and the setting url; returns its URL; options: "
        "database, schema",
        "SELECT backup_adopt('s3://bucket/app');"),
    function("backup_delete", sql_backup_delete, 1, 2, "backup_delete(name [, options])",
             "removes one backup and returns how many it removed; options: force, database, schema",
             "SELECT backup_delete(name) FROM backups WHERE created_at < datetime('now', '-30 days');"),
    function("backup_start", sql_backup_start, 0, 1, "backup_start([options])",
             "starts the scheduler of this database in this process, and returns its state as JSON; options: "
             "database, schema",
             "SELECT backup_start();"),
    function("backup_stop", sql_backup_stop, 0, 1, "backup_stop([options])",
             "stops it, and whatever it is doing; options: database, schema", "SELECT backup_stop();"),
    function("backup_prune", sql_backup_prune, 0, 1, "backup_prune([options])",
             "removes the backups that the retention settings do not keep, and returns how many; options: "
             "dry_run, database, schema",
             "SELECT backup_prune('{\"dry_run\":true}');"),
    function("backup_drill", sql_backup_drill, 0, 1, "backup_drill([options])",
             "restores a backup into a scratch place, checks it with every assertion, and returns a JSON "
             "report; a failed drill is an error; options: point, scratch, fresh_within, database, schema",
             "SELECT backup_drill('{\"fresh_within\":\"1h\"}') ->> '$.restore_seconds';"),
    function(
        "backup_config", sql_backup_config, 1, 2, "backup_config(key [, value])",
        "the value of a setting in force; with a value sets it first, with NULL goes back to the default",
        "SELECT backup_config('allow_restore', 'on');"),
    function("backup_status", sql_backup_status, 0, 1, "backup_status([options])",
             "one JSON object: backups, the latest of them, running jobs, the last error, settings; options: "
             "database, schema",
             "SELECT backup_status() ->> '$.backups.latest.age_seconds';"),
    function(
        "backup_check", sql_backup_check, 0, 1, "backup_check([options])",
        "tries every place that tonight's backup needs, and returns a JSON report; what would fail is an "
        "error; options: database, schema",
        "SELECT backup_check() ->> '$.warnings';"),
    function("backup_metrics", sql_backup_metrics, 0, 0, "backup_metrics()",
             "the backups of every database of this process, as text for Prometheus",
             "SELECT backup_metrics();"),
    function("backup_version", sql_backup_version, 0, 0, "backup_version()",
             "one JSON object: the versions of the library and of what it runs with",
             "SELECT backup_version() ->> '$.version';"),
    table(
        "backups", kBackupsTable, "backups[(database)]",
        "one row a backup; DELETE removes, UPDATE changes pinned, note and labels; hidden columns: database, "
        "force",
        "SELECT name, created_at, size FROM backups ORDER BY created_at DESC LIMIT 10;"),
    table("backup_list", kBackupsTable, "backup_list[(database)]",
          "the same as backups, for databases that have a table of that name",
          "SELECT name FROM backup_list;"),
    table("backup_log", kBackupLogTable, "backup_log[(database)]",
          "every run of anything: who, when, how it ended",
          "SELECT * FROM backup_log WHERE status = 'failed';"),
    table("backup_jobs", kBackupJobsTable, "backup_jobs[(database)]", "what is running now, in any process",
          "SELECT operation, phase, percent, eta FROM backup_jobs;"),
    table("backup_settings", kBackupSettingsTable, "backup_settings[(database)]",
          "every setting, its value in force and where that comes from; UPDATE of value sets",
          "UPDATE backup_settings SET value = 'off' WHERE key = 'row_counts';"),
    table("backup_contents", kBackupContentsTable, "backup_contents(point [, database])",
          "the tables in a backup with their row counts and columns",
          "SELECT table_name, rows FROM backup_contents('latest');"),
    table("backup_health", kBackupHealthTable, "backup_health[(database)]",
          "one row a check of how the backups are: stale, failing, damaged, never verified, too small ...",
          "SELECT name, value, advice FROM backup_health WHERE NOT ok;"),
    table("backup_fleet", kBackupFleetTable, "backup_fleet",
          "one row for each database that this process looks after or has used, with its health",
          "SELECT database, state, failing FROM backup_fleet WHERE NOT ok;"),
    table("backup_prune_plan", kBackupPrunePlanTable, "backup_prune_plan[(database)]",
          "what backup_prune() would do with each backup, and why",
          "SELECT name, reasons FROM backup_prune_plan WHERE NOT keep;"),
    table("backup_assertions", kBackupAssertionsTable, "backup_assertions[(database)]",
          "what restore drills ask the restored database; INSERT, UPDATE and DELETE",
          "INSERT INTO backup_assertions(name, sql) VALUES ('any users', 'SELECT count(*) > 0 FROM users');"),
    table("backup_drills", kBackupDrillsTable, "backup_drills[(database)]",
          "every restore drill and how it went",
          "SELECT started_at, ok, failed_check, error FROM backup_drills;"),
    table("backup_events", kBackupEventsTable, "backup_events[(database)]",
          "what happened, for incremental reading: the end of each run, and changes of health",
          "SELECT id, at, type, title FROM backup_events WHERE id > 41 ORDER BY id;"),
    table("backup_help", kBackupHelpTable, "backup_help", "this list",
          "SELECT signature, summary FROM backup_help;"),
};

int register_all(sqlite3* connection) {
  if (is_loaded(connection)) return SQLITE_OK;
  auto host = std::make_shared<Host>(system_env(), connection, kEntries);
  for (const Entry& entry : kEntries) {
    const int code = entry.function != nullptr ? register_function(connection, entry, host)
                                               : register_table(connection, entry, host);
    if (code != SQLITE_OK) return code;
  }
  mark_loaded(connection);
  return SQLITE_OK;
}

// One function table serves all connections of the process: another copy of SQLite would be handed the first
// one's objects.
bool adopt(const sqlite3_api_routines* api) {
  static constinit Mutex mutex;
  MutexLock lock(mutex);
  if (sqlite3_api == nullptr) sqlite3_api = api;
  return sqlite3_api == api;
}

// The text belongs to the copy of SQLite that called.
int refuse(const sqlite3_api_routines* api, char** message, const Status& status) {
  if (message != nullptr) *message = api->mprintf("%s", error_text("sqbackup", status).c_str());
  return SQLITE_ERROR;
}

}  // namespace
}  // namespace sqbackup

extern "C" __attribute__((visibility("default"))) int sqlite3_sqbackup_init(sqlite3* connection,
                                                                            char** message,
                                                                            const sqlite3_api_routines* api) {
  using namespace sqbackup;
  return guard(message, [&] {
    if (!adopt(api)) {
      return refuse(
          api, message,
          {Error::kSqliteMixed,
           "another copy of SQLite in this process has loaded the library; use one of them for backups"});
    }
    if (sqlite3_libversion_number() < kMinimumSqlite) {
      return refuse(api, message,
                    {Error::kSqliteTooOld, std::string("SQLite ") + sqlite3_libversion() +
                                               " is too old; 3.38.0 or newer is needed"});
    }
    return register_all(connection);
  });
}
