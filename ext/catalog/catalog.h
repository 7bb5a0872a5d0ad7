// Catalog: the side database of one backup directory (catalog.db): stored settings, the list of backups, the
// log of runs, the events. Its list is a cache of the truth, the manifests in the directory: it follows the
// files when they change under it, and is rebuilt from them when it is gone or damaged. Settings, assertions,
// the log, the reports of drills and the events live only here.
//
// One Catalog is one SQLite connection, opened for one operation and closed after it: nothing is held between
// calls, so forks, closes and exits find nothing of it. Not for use by two threads at once. No method leaves
// a read transaction open, so a list can be walked while other work writes to the catalog.
//
// Where the code is: catalog.cc (opening, healing), catalog_file.cc (the file itself), catalog_schema.cc
// (migrations), catalog_sync.cc and directory_scan.cc (following the directory), catalog_backups.cc and
// backup_rows.cc (the list), catalog_runs.cc (the log), catalog_settings.cc, catalog_assertions.cc,
// catalog_drills.cc, catalog_copies.cc (copies off the machine), catalog_events.cc and event_rows.cc (what
// happened).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_env.h"
#include "base/status.h"
#include "engine/remote_owner.h"
#include "format/manifest.h"
#include "pages/connection.h"
#include "store/backup_directory.h"

namespace sqbackup {

struct DirectoryScan;

// One row of `backups`.
struct BackupRecord {
  std::int64_t id = 0;
  std::string name;
  UnixMillis created_at = 0;
  std::string trigger;  // manual | scheduled | pre_restore | imported; empty: its manifest cannot be read
  std::string format;   // sqlite
  // completed | damaged: its manifest cannot be read, its data file is missing or of another size, the source
  // was damaged, or a verify found it so.
  std::string status;
  std::int64_t size = 0;
  std::optional<std::int64_t> database_size;
  std::optional<std::int64_t> page_size;
  std::optional<std::int64_t> tables;
  std::optional<std::int64_t> rows;
  std::optional<std::string> sha256;
  std::optional<std::string> note;
  std::optional<std::string> labels;
  bool pinned = false;
  std::optional<UnixMillis> verified_at;
  std::optional<double> duration;
  bool partial = false;  // tables were left out
  // Of the newest copy off the machine; nullopt: there is none that we made.
  std::optional<std::string> url{};
  std::optional<UnixMillis> uploaded_at{};
};

// Ours are called so, and others have to be.
inline bool is_encrypted(const BackupRecord& backup) { return backup.name.ends_with(".age"); }
// Whether it can be restored, as far as is known. What an encrypted file of somebody else holds is not, until
// it was proven.
inline bool is_restorable(const BackupRecord& backup) {
  const bool opaque = is_encrypted(backup) && backup.trigger == "imported" && !backup.verified_at;
  return backup.status == "completed" && !opaque;
}

struct Restorable {
  std::int64_t whole = 0;
  std::int64_t partial = 0;
};

// Which backups, in which order. All given conditions hold together; times and names compare as in SQL.
struct BackupQuery {
  enum class Order { kCreated, kName };
  std::optional<std::string> name;                // equal
  std::optional<std::string> name_from, name_to;  // both inclusive
  std::optional<std::string> created_from,
      created_to;                        // both inclusive, compared as text with format_sql_time()
  std::optional<std::int64_t> up_to_id;  // none that was added after this one
  Order order = Order::kCreated;
  bool descending = false;
};

// One row of `backup_log`.
struct RunRecord {
  std::int64_t id = 0;
  // backup | restore | verify | rekey | upload | download | adopt | delete | prune | drill | check | alert |
  // catalog
  std::string operation;
  std::string trigger;
  std::string name;  // of the backup, empty: none yet
  std::string actor;
  std::string status;  // running | completed | failed | restored
  UnixMillis started_at = 0;
  std::optional<UnixMillis> finished_at;
  std::int64_t bytes = 0;
  double progress = 0;     // 0 .. 1
  std::string error_code;  // "SQB-...", empty: none
  std::string error;       // text of the error, or the warnings of a completed run
};

// One row of `backup_assertions`: what a restore drill asks the restored database.
struct AssertionRecord {
  std::int64_t id = 0;  // 0: not in the catalog yet
  std::string name;     // unique
  std::string sql;
  std::optional<std::string> expect;
};

// One row of `backup_drills`.
struct DrillRecord {
  std::int64_t id = 0;
  std::string name;  // of the backup
  UnixMillis started_at = 0;
  std::string trigger;
  bool ok = false;
  // Of a drill that failed: the first check and what it found; without failed_check, why the drill ended
  // early.
  std::optional<std::string> failed_check;
  std::optional<std::string> error;
  std::optional<std::string> warnings;
  std::optional<double> restore_seconds;
  std::optional<double> data_age_seconds;
  std::optional<std::int64_t> bytes;
  std::optional<std::string> report;  // drill_report_json(); nullopt: it ended early
};

// One row of `backup_events`.
struct EventRecord {
  std::int64_t id = 0;
  UnixMillis at = 0;
  std::string type;     // "backup.completed", "backup.failed" and so on for each operation, "health.changed"
  std::string trigger;  // of the run
  std::string name;     // of the backup; may be empty
  std::string run;      // UUID; empty: it is about no run
  bool ok = false;
  std::string title;    // one line
  std::string text;     // may be empty
  std::string details;  // event_details_json()
};

// Which events; all given conditions hold together.
struct EventQuery {
  std::int64_t after_id = 0;
  std::optional<std::int64_t> up_to_id;       // inclusive
  std::optional<std::string> at_from, at_to;  // inclusive, compared as text with format_sql_time()
};

class Catalog {
 public:
  enum class Access {
    kRead,   // makes no directory; where there is none, or one that cannot be written, the catalog is in
             // memory
    kWrite,  // makes the directory and the catalog when they are missing
  };

  // Whose directory it may be.
  enum class Ownership {
    kAny,   // its name says whose it is: the default directory, which comes along with a copy of the database
    kSame,  // this database's
    kSameOrGone,  // or that of a file which is gone: it is taken over
  };

  // Opens the catalog of `directory`, which belongs to the database file `database_path` (empty: it has
  // none). Migrates it; sets a damaged one aside (catalog.db.damaged-<UTC time>), rebuilds it and says so in
  // the log; clears what dead processes left and turns their runs to failed; brings the list in line with the
  // files if the directory changed since it was last looked at. `ownership` not kept to: kDirectoryTaken.
  // `directory` must outlive the catalog. Errors: kDatabaseBusy after 10 s of waiting, kNoPermission,
  // kDiskFull, kCatalogNewer, kNotAnOrdinaryFile ...
  static Result<std::unique_ptr<Catalog>> open(const Env& env, BackupDirectory& directory, Access access,
                                               const std::string& database_path, Ownership ownership);
  ~Catalog();

  // One setting stored in `directory`, read without opening the catalog for anything else: nothing is
  // created, followed or healed. nullopt also when there is no catalog, or one that is damaged: its settings
  // are lost.
  static Result<std::optional<std::string>> stored_setting(const Env& env, const std::string& directory,
                                                           const std::string& key);

  const std::string& database_id() const { return database_id_; }

  // -- settings
  Result<std::optional<std::string>> setting(const std::string& key);
  Result<std::vector<std::pair<std::string, std::string>>> settings();
  Status set_setting(const std::string& key, const std::optional<std::string>& value);  // nullopt forgets it

  // -- backups
  Status add(const Manifest& manifest);  // replaces a row of the same name
  // A backup whose files are others, and whose content is the same: its row becomes `record`.
  Status put(const BackupRecord& record);
  Result<std::optional<BackupRecord>> find(const std::string& name);
  struct Totals {
    std::int64_t count = 0;
    std::int64_t completed = 0;
    std::int64_t pinned = 0;
    std::int64_t bytes = 0;
  };
  Result<Totals> totals();
  Result<std::int64_t> last_backup_id();  // of all that ever were; 0: none yet
  // At most `limit` rows after `last` (the last row of the page before, in the query's order; null: from the
  // start).
  Result<std::vector<BackupRecord>> list(const BackupQuery& query, const BackupRecord* last, int limit);
  // The newest of our own backups (imported files may be anybody's), completed or damaged, created at or
  // before `time` (`include_pre_restore` false: of those that are no pre_restore).
  Result<std::optional<BackupRecord>> newest(std::optional<UnixMillis> at_or_before,
                                             bool include_pre_restore);
  // When the newest good backup (completed, no pre_restore, not imported) was made; or when the newest run
  // began that made one or found it to be still as the database is. nullopt: there is no good backup.
  Result<std::optional<UnixMillis>> last_good_backup();
  Status set_verified(const std::string& name, UnixMillis time);  // status completed
  Status set_damaged(const std::string& name);                    // status damaged, verified_at gone
  Status set_marks(const std::string& name, const Marks& marks);
  Status forget(const std::string& name);
  Result<Restorable> count_restorable();
  // Whether backups of ours are encrypted; or imported ones, where there are none of ours yet.
  Result<bool> has_encrypted();

  // -- copies off the machine; a place is a URL that ends in '/'
  Status add_copy(const std::string& name, const std::string& place, const std::string& url, UnixMillis at);
  Result<OwnerMemory> owner_memory(const std::string& place);  // engine/remote_owner.h
  Status remember_owner(const std::string& place, const OwnerMemory& memory);

  // -- runs
  struct StartedRun {
    std::int64_t id = 0;
    std::unique_ptr<FileLock>
        alive;  // BackupDirectory::lock_run(id): hold it until finish_run() has returned
  };
  // Inserts a running row. Nobody sees the row before its lock is held, so nobody can take the run for dead.
  Result<StartedRun> begin_run(const RunRecord& run);
  // Writes name, status, finished_at, bytes, progress and error* of `outcome`; a run that is not in the
  // catalog any more (it was deleted or set aside meanwhile) is inserted with all of them. In the same
  // transaction the run's end becomes an event.
  Status finish_run(std::int64_t id, const RunRecord& outcome);
  // The UUID of a run that has its id and its start.
  Result<std::string> run_uuid(const RunRecord& run) const;
  Result<std::optional<RunRecord>> last_failed_run();
  // The newest run of `operation` that has ended by itself, pre_restore backups left out; nullopt: none has.
  Result<std::optional<RunRecord>> newest_ended(const std::string& operation);
  // When the newest run of `operation` that completed began, pre_restore backups left out; nullopt: none
  // has.
  Result<std::optional<UnixMillis>> last_run(const std::string& operation);
  Result<bool> has_scheduled_run();
  Result<std::int64_t> last_run_id();  // of all that ever were; 0: none yet
  Result<std::vector<RunRecord>> runs(std::int64_t after_id, int limit);  // ascending by id
  Result<std::vector<RunRecord>> running();                               // those whose process lives

  // -- assertions, by name
  Result<std::vector<AssertionRecord>> assertions();
  Result<std::optional<AssertionRecord>> assertion(std::int64_t id);
  // Adds it, or puts it in place of the one with its id; returns the id. kAlreadyExists: another one has its
  // name.
  Result<std::int64_t> put_assertion(const AssertionRecord& assertion);
  Status forget_assertion(std::int64_t id);  // not there: ok

  // -- drills
  Status add_drill(const DrillRecord& drill);  // under a new id
  Result<std::optional<DrillRecord>> last_passed_drill();
  Result<std::int64_t> last_drill_id();  // of all that ever were; 0: none yet
  Result<std::vector<DrillRecord>> drills(std::int64_t after_id, int limit);  // ascending by id

  // -- events
  Result<std::int64_t> last_event_id();  // of all that ever were; 0: none yet
  Result<std::vector<EventRecord>> events(const EventQuery& query, int limit);  // ascending by id
  // Whether the newest scheduled backup before this event succeeded; nullopt: there was none.
  Result<std::optional<bool>> scheduled_backup_before(std::int64_t event_id);
  // The last event that needs no delivery any more; nullopt: nothing is delivered.
  Result<std::optional<std::int64_t>> delivered();
  Status begin_delivery();  // with the events that come from now on; where it has begun it goes on
  Status end_delivery();    // what is not delivered yet is forgotten
  // Sets it, and mail_owed() with it, where it is still `from`: it is not in a catalog that was made anew
  // meanwhile, whose events have other ids. `failure` (null: none) goes into the log with it, and becomes no
  // event.
  Status advance_delivered(std::int64_t from, std::int64_t to, bool mail_owed, const RunRecord* failure);
  // Whether the last mail that was to go did not arrive.
  Result<bool> mail_owed();
  // The checks that failed when health was last looked at; nullopt: it never was.
  Result<std::optional<std::string>> health();
  Status change_health(const std::string& failing, const EventRecord* event);  // null: no event

 private:
  struct Meta {
    std::string database_id;
    std::string owner_path;
    std::int64_t scanned = 0;  // modification time of the directory when it was last looked at; 0: look again
  };

  Catalog(Env env, BackupDirectory& directory, Access access, std::string database_path, Ownership ownership);

  // `suspicious`: something in the file was found damaged; look closely and set it aside if that is so.
  Status connect(bool suspicious);
  Status settle();  // owner, directory, dead runs: everything that open() brings in line
  template <typename Work>
  auto healing(Work work) -> decltype(work());
  Status heal();

  Result<Meta> read_meta();
  Status write_meta(const std::string& key, std::string_view value);
  Status check_owner(const std::string& owner_path) const;
  Result<DirectoryScan> look(const Meta& meta, bool runs_died);
  Result<std::vector<RunRecord>> dead_runs();
  Status write_changes(const Meta& before, const Meta& after, const DirectoryScan& scan,
                       const std::vector<RunRecord>& dead);
  Status end_dead_run(RunRecord run);
  Status insert_ended_run(const RunRecord& run);
  Status continue_in_memory();

  const Env env_;
  BackupDirectory& directory_;
  const Access access_;
  const std::string database_path_;
  const Ownership ownership_;
  Connection connection_;
  std::string database_id_;
};

}  // namespace sqbackup
