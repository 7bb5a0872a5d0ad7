// Rows of the catalog's table `backups`: record <-> row, and the SQL that lists them. Internal to catalog/.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace sqbackup {

// How a backup's files looked when its row was read from them (columns of the same names; sql/schema/).
struct FileState {
  std::int64_t manifest_time = 0;
  std::int64_t marks_time = 0;
  std::int64_t data_size = -1;
  std::int64_t data_time = 0;

  bool imported() const { return manifest_time == 0; }
  // Whether what a row holds beside the marks would be read the same again.
  bool same_backup(const FileState& other) const {
    return manifest_time == other.manifest_time && data_size == other.data_size &&
           data_time == other.data_time;
  }
};

inline constexpr std::int64_t kUnknownTime =
    -1;  // equals that of no file: it is read again (marks: stored as NULL)

// How the files of `name` look now. kNoSuchFile: there is neither a manifest nor data.
Result<FileState> look_at_files(const BackupDirectory& directory, const std::string& name);

BackupRecord record_of(const Manifest& manifest, const FileState& state);
void apply_marks(BackupRecord& record, const Marks& marks);  // note and labels where they are not hidden

enum class Replace {
  kAlways,
  kIfChanged,  // a row that was read from the same files stays as it is
};
// `keeps_content`: what the record says of the content is not known, and stays what a row there is has.
Status write_row(Connection& connection, const BackupRecord& record, const FileState& state, Replace replace,
                 bool keeps_content = false);

// "SELECT ... FROM backups" and what reads its rows.
extern const char* const kSelectBackups;
BackupRecord read_row(const Statement& statement);
Result<std::vector<BackupRecord>> read_rows(Statement& statement);

// A SELECT and the texts to bind to ?1, ?2 ...; with `last`, it continues after that row.
struct ListQuery {
  std::string sql;
  std::vector<std::string> texts;
};
ListQuery list_query(const BackupQuery& query, const BackupRecord* last, int limit);

}  // namespace sqbackup
