#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/process.h"
#include "service/database.h"

namespace sqbackup {
namespace {

constexpr int kLeastBusyTimeoutMs = 5000;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using RawStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

// On the caller's connection, where an authorizer may refuse it: then null.
RawStatement prepare_there(sqlite3* connection, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection, sql, -1, &statement, nullptr);
  return RawStatement(statement);
}

int busy_timeout_of(sqlite3* connection) {
  const auto pragma = prepare_there(connection, "PRAGMA busy_timeout");
  if (!pragma || sqlite3_step(pragma.get()) != SQLITE_ROW) return kLeastBusyTimeoutMs;
  return std::max(kLeastBusyTimeoutMs, sqlite3_column_int(pragma.get(), 0));
}

std::vector<std::string> schemas_of(sqlite3* connection) {
  std::vector<std::string> names;
  const auto pragma = prepare_there(connection, "PRAGMA database_list");
  while (pragma && sqlite3_step(pragma.get()) == SQLITE_ROW) {
    const auto* name = sqlite3_column_text(pragma.get(), 1);
    if (name != nullptr) names.emplace_back(reinterpret_cast<const char*>(name));
  }
  if (names.empty()) names.emplace_back("main");
  return names;
}

std::string vfs_of(sqlite3* connection, const std::string& schema) {
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(connection, schema.c_str(), SQLITE_FCNTL_VFS_POINTER, &vfs);
  return vfs != nullptr && vfs->zName != nullptr ? vfs->zName : "";
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Its file, canonical; empty: it has none. nullopt: there is no such schema.
std::optional<std::string> file_of(const Env& env, sqlite3* connection, const std::string& schema) {
  // The temporary database is there from its first use on.
  if (lower_case(schema) == "temp") return std::string();
  const char* file = sqlite3_db_filename(connection, schema.c_str());
  if (file == nullptr) return std::nullopt;
  // memdb shares databases in memory by names that look like paths.
  if (*file == '\0' || vfs_of(connection, schema) == "memdb") return std::string();
  auto canonical = env.files->canonical(file);
  return canonical.ok() ? std::move(*canonical) : std::string(file);
}

Status no_such_schema(sqlite3* connection, const std::string& schema) {
  std::string text = "no database is attached as '" + schema + "'; there are: ";
  const char* separator = "";
  for (const std::string& name : schemas_of(connection)) {
    text.append(separator).append(name);
    separator = ", ";
  }
  return {Error::kNoSuchDatabase, text};
}

Result<std::string> absolute(const std::string& path) {
  if (path.empty()) return Status(Error::kBadArgument, "the path of a database file is missing");
  if (path.starts_with("file:")) {
    return Status(Error::kBadArgument, "'" + path + "' is a URI; give the plain path of the database file");
  }
  if (path.front() == '/') return path;
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  if (error) return Status(Error::kIoError, "the current directory cannot be told; give an absolute path");
  return join_path(here.string(), path);
}

Result<std::string> existing_file(FileEnv& files, const std::string& path) {
  SQB_ASSIGN(const std::string full, absolute(path));
  const auto canonical = files.canonical(full);
  const auto info = canonical.ok() ? files.info(*canonical, /*follow_symlink=*/false) : canonical.status();
  if (info.status().is(Error::kNoSuchFile)) {
    return Status(Error::kNoSuchDatabase, "there is no database file '" + full + "'; check the path");
  }
  if (!info.ok()) return info.status();
  if (info->kind != FileKind::kFile) {
    return Status(Error::kNotAnOrdinaryFile,
                  "'" + full + "' is no regular file; give the path of a database file");
  }
  return *canonical;
}

}  // namespace

Session::Session(Env env, sqlite3* connection) : env_(env), connection_(connection), pid_(process_id()) {}

// After fork() the parent's engines are in a state that nobody here can know: they are left behind.
Session::~Session() {
  if (process_id() != pid_) static_cast<void>(std::make_unique<decltype(used_)>(std::move(used_)).release());
}

Status Session::check() const {
  if (process_id() == pid_) return {};
  return {Error::kForked,
          "this connection was opened before fork(); open one in this process and load the library there"};
}

std::shared_ptr<Database> Session::remember(const std::string& key, const std::string& path) {
  auto& database = used_[key];
  if (!database)
    database = path.empty() ? std::make_shared<Database>(env_, path) : shared_database(env_, path);
  return database;
}

Result<Session::Target> Session::attached(const std::string& schema) {
  SQB_TRY(check());
  const auto path = file_of(env_, connection_, schema);
  if (!path) return no_such_schema(connection_, schema);
  Target target;
  target.database = remember(path->empty() ? "schema:" + lower_case(schema) : *path, *path);
  target.source.path = *path;
  target.source.vfs = vfs_of(connection_, schema);
  target.source.connection = connection_;
  target.source.schema = schema;
  target.source.busy_timeout_ms = busy_timeout_of(connection_);
  return target;
}

Result<Session::Target> Session::file(const std::string& path) {
  SQB_TRY(check());
  SQB_ASSIGN(const std::string canonical, existing_file(*env_.files, path));
  for (const std::string& schema : schemas_of(connection_)) {
    if (file_of(env_, connection_, schema) == canonical) return attached(schema);
  }
  Target target;
  target.database = remember(canonical, canonical);
  target.source.path = canonical;
  target.source.busy_timeout_ms = busy_timeout_of(connection_);
  return target;
}

}  // namespace sqbackup
