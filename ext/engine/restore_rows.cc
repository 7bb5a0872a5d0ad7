#include "engine/restore_rows.h"

#include "engine/json_load.h"
#include "engine/json_replace.h"
#include "pages/backup_api.h"

namespace sqbackup {

Status load_rows(ByteSource& text, const std::string& path, WritableFile& file,
                 std::vector<std::string>* reindex, Progress& progress) {
  {
    SQB_ASSIGN(auto target, Connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW));
    SQB_ASSIGN(JsonLoaded loaded, load_json(text, target, progress));
    if (!loaded.reindex.empty() && reindex == nullptr) {
      return {Error::kTableDiffers,
              "table '" + loaded.reindex.front() +
                  "' has an index in an order that only the application knows, and finds wrong rows until "
                  "REINDEX has run there; nothing was restored; {\"reindex_later\": true} restores it, and "
                  "leaves that to you"};
    }
    if (reindex != nullptr) *reindex = std::move(loaded.reindex);
  }
  return file.sync();
}

Status replace_rows(ByteSource& text, const Source& target,
                    const std::function<Status(const Source& locked)>& take_undo,
                    const std::function<Status()>& before_commit, Progress& progress) {
  SQB_ASSIGN(auto live, open_live(target));
  SQB_TRY(live.execute("PRAGMA synchronous=FULL"));
  Source locked = target;
  locked.locked = &live;
  const JsonReplaceHooks hooks{[&] { return take_undo(locked); }, before_commit};
  Status replaced = replace_from_json(text, live, hooks, progress).status();
  if (replaced.is(Error::kDatabaseBusy)) return live_status(target, SQLITE_BUSY);
  if (replaced.is(Error::kDatabaseDamaged) || replaced.is(Error::kNotADatabase)) {
    return {Error::kSqliteFailed, "'" + target.path + "' is damaged (" + replaced.message() +
                                      "), and the rows of a JSON snapshot can only be put into a sound "
                                      "database; nothing was restored; restore with {\"to\": ...}"};
  }
  if (replaced.is(Error::kSqliteFailed)) {
    return {Error::kSqliteFailed, replaced.message() + "; nothing was restored; restore with {\"to\": ...}",
            replaced.sqlite_code()};
  }
  return replaced;
}

}  // namespace sqbackup
