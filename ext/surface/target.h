// Which database a call is about, and the catalog of its backups.
#pragma once

#include <memory>

#include "service/database.h"
#include "surface/options.h"

namespace sqbackup {

// The two options that name another database than `main`; they exclude each other.
inline constexpr OptionSpec kDatabaseOption{"database", OptionType::kText};
inline constexpr OptionSpec kSchemaOption{"schema", OptionType::kText};

Result<Session::Target> target_of(Session& session, const Options& options);

// Another database file, by a path from SQL: relative ones are taken from the working directory.
// kBadArgument, kNoSuchDatabase.
Result<Session::Target> target_file(Session& session, const std::string& path);

// The path in the text of the option `key`, made absolute. kBadOption: it is empty.
Result<std::string> path_option(const char* key, const std::string& path);

// An open catalog and the directory that it reads, which must live as long.
class OpenCatalog {
 public:
  static Result<std::unique_ptr<OpenCatalog>> open(Database& database, Catalog::Access access);
  Catalog& catalog() { return *catalog_; }
  BackupDirectory& directory() { return directory_; }

 private:
  explicit OpenCatalog(BackupDirectory directory) : directory_(std::move(directory)) {}
  BackupDirectory directory_;
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace sqbackup
