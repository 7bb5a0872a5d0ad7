#include "surface/target.h"

#include <filesystem>

namespace sqbackup {

Result<Session::Target> target_file(Session& session, const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Status(Error::kBadArgument, "database must be the path of a file");
  }
  return session.file(path);
}

Result<Session::Target> target_of(Session& session, const Options& options) {
  const auto database = options.text(kDatabaseOption.key);
  const auto schema = options.text(kSchemaOption.key);
  if (database && schema) {
    return Status(Error::kBadOption, "options 'database' and 'schema' exclude each other: give one of them");
  }
  return database ? target_file(session, *database) : session.attached(schema.value_or("main"));
}

Result<std::string> path_option(const char* key, const std::string& path) {
  if (path.empty()) {
    return Status(Error::kBadOption, "option '" + std::string(key) + "' must be a path, not empty");
  }
  if (path.front() == '/') return path;
  std::error_code failed;
  const std::string here = std::filesystem::current_path(failed).string();
  if (failed) return errno_status("find the working directory for", path, failed.value());
  return join_path(here, path);
}

Result<std::unique_ptr<OpenCatalog>> OpenCatalog::open(Database& database, Catalog::Access access) {
  SQB_ASSIGN(BackupDirectory directory, database.directory());
  std::unique_ptr<OpenCatalog> opened(new OpenCatalog(std::move(directory)));
  SQB_ASSIGN(opened->catalog_, database.open_catalog(opened->directory_, access));
  return opened;
}

}  // namespace sqbackup
