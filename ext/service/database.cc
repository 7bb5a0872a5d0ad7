#include "service/database.h"

#include "service/alert_targets.h"
#include "service/keeper.h"

namespace sqbackup {
namespace {

constexpr const char* kDirectory = "directory";
constexpr const char* kDirectorySuffix = "-backups";

}  // namespace

Database::Database(Env env, std::string path) : env_(env), path_(std::move(path)) {}

Database::~Database() = default;

Result<KeeperState> Database::start_keeper(const Source& source) {
  MutexLock lock(keeper_mutex_);
  if (keeper_) {
    keeper_->settings_changed();
  } else {
    SQB_ASSIGN(keeper_, Keeper::start(*this, source));
  }
  return keeper_->state();
}

bool Database::stop_keeper() {
  std::unique_ptr<Keeper> stopped;  // ends after the mutex is let go: its runs may take a moment to notice
  MutexLock lock(keeper_mutex_);
  stopped.swap(keeper_);
  return stopped != nullptr;
}

std::optional<KeeperState> Database::keeper_state() {
  MutexLock lock(keeper_mutex_);
  return keeper_ ? std::optional(keeper_->state()) : std::nullopt;
}

std::string Database::default_directory() const { return path_.empty() ? path_ : path_ + kDirectorySuffix; }

std::optional<std::string> Database::session_setting(const std::string& key) {
  MutexLock lock(session_mutex_);
  const auto entry = session_.find(key);
  return entry == session_.end() ? std::nullopt : std::optional(entry->second);
}

void Database::set_for_session(const std::string& key, const std::optional<std::string>& value) {
  MutexLock lock(session_mutex_);
  session_.erase(key);
  if (value) session_.emplace(key, *value);
}

Result<std::optional<std::string>> Database::environment_directory() const {
  SQB_ASSIGN(auto parent, normalized_environment(*find_setting(kDirectory)));
  if (!parent || path_.empty()) return std::optional<std::string>();
  return std::optional(join_path(*parent, file_name_of(path_) + kDirectorySuffix));
}

Result<Database::ResolvedDirectory> Database::resolve_directory() {
  if (auto session = session_setting(kDirectory)) return ResolvedDirectory{*session, "session"};
  const std::string fallback = default_directory();
  if (!fallback.empty()) {
    SQB_ASSIGN(const auto stored, Catalog::stored_setting(env_, fallback, kDirectory));
    if (stored) return ResolvedDirectory{*stored, "stored"};
  }
  SQB_ASSIGN(const auto environment, environment_directory());
  if (environment) return ResolvedDirectory{*environment, "environment"};
  if (!fallback.empty()) return ResolvedDirectory{fallback, "default"};
  return Status(Error::kNoDirectory,
                "a database without a file has no backup directory of its own; set one with "
                "backup_config('directory', '/path')");
}

Result<std::optional<std::string>> Database::stored_setting(const std::string& key) {
  const auto resolved = resolve_directory();
  if (resolved.ok()) return Catalog::stored_setting(env_, resolved->path, key);
  if (resolved.status().is(Error::kNoDirectory)) return std::optional<std::string>();
  return resolved.status();
}

Result<SettingValue> Database::setting(const std::string& key) {
  SQB_ASSIGN(const SettingInfo* info, require_setting(key));
  if (key == kDirectory) {
    SQB_ASSIGN(auto resolved, resolve_directory());
    return SettingValue{std::move(resolved.path), resolved.source};
  }
  if (is_secret(*info)) {
    if (auto session = session_setting(key)) return SettingValue{std::move(session), "session"};
  } else {
    SQB_ASSIGN(auto stored, stored_setting(key));
    if (stored) return SettingValue{std::move(stored), "stored"};
  }
  SQB_ASSIGN(auto environment, normalized_environment(*info));
  if (environment) return SettingValue{std::move(environment), "environment"};
  if (info->default_value == nullptr) return SettingValue{std::nullopt, "default"};
  return SettingValue{info->default_value, "default"};
}

Result<SettingValue> Database::set_setting(const std::string& key, const std::optional<std::string>& value) {
  auto outcome = change_setting(key, value);
  MutexLock lock(keeper_mutex_);
  if (keeper_) keeper_->settings_changed();
  return outcome;
}

Result<SettingValue> Database::change_setting(const std::string& key,
                                              const std::optional<std::string>& value) {
  SQB_ASSIGN(const SettingInfo* info, require_setting(key));
  std::optional<std::string> normal;
  if (value) {
    SQB_ASSIGN(normal, normalize_setting(*info, *value));
  }
  if (key == kDirectory) return set_directory(normal);
  if (is_secret(*info)) {
    set_for_session(key, normal);
    return setting(key);
  }
  SQB_ASSIGN(auto place, directory());
  SQB_ASSIGN(const auto stored, Catalog::stored_setting(env_, place.path(), key));
  if (normal || stored) {  // forgetting what was never stored makes no catalog
    SQB_ASSIGN(auto catalog, open_catalog(place, Catalog::Access::kWrite));
    // What happens from now on is told, also what happens before the leader sees it.
    if (normal && names_target(key)) SQB_TRY(catalog->begin_delivery());
    SQB_TRY(catalog->set_setting(key, normal));
  }
  return setting(key);
}

Result<BackupDirectory> Database::directory() {
  SQB_ASSIGN(auto resolved, resolve_directory());
  return BackupDirectory(*env_.files, std::move(resolved.path));
}

Result<std::unique_ptr<Catalog>> Database::open_catalog(BackupDirectory& directory, Catalog::Access access) {
  const bool default_one = directory.path() == default_directory();
  return Catalog::open(env_, directory, access, path_,
                       default_one ? Catalog::Ownership::kAny : Catalog::Ownership::kSame);
}

Result<SettingValue> Database::set_directory(const std::optional<std::string>& value) {
  const auto before = resolve_directory();
  std::string destination = value.value_or(default_directory());
  if (value) {
    SQB_TRY(prepare_directory(*value));
  } else {
    SQB_ASSIGN(const auto environment, environment_directory());
    if (environment) destination = *environment;
  }
  if (before.ok() && !destination.empty()) {
    const Status carried = carry_settings(before->path, destination);
    // Back where nothing can be stored, the settings that cannot come along stay in the old directory.
    if (!carried.ok() && (value || !carried.is(Error::kNoPermission))) return carried;
  }
  const Status stored = store_directory(value);
  if (stored.is(Error::kNoDirectory) || (stored.is(Error::kNoPermission) && value)) {
    set_for_session(kDirectory, value);
  } else if (!stored.ok()) {
    return stored;
  }
  if (destination.empty()) return SettingValue{std::nullopt, "default"};
  return setting(kDirectory);
}

// Proves, before anything changes, that the directory can be used and is not another database's.
Status Database::prepare_directory(const std::string& path) {
  if (!path_.empty() && directory_of(path_) == path) {
    return {Error::kBadSetting,
            "'" + path +
                "' is where the database itself is; choose a directory for its backups alone, such as '" +
                default_directory() + "'"};
  }
  BackupDirectory place(*env_.files, path);
  return Catalog::open(env_, place, Catalog::Access::kWrite, path_, Catalog::Ownership::kSameOrGone).status();
}

// Where the directory is must be findable from the database alone: it is stored in the default directory's
// catalog.
Status Database::store_directory(const std::optional<std::string>& value) {
  const std::string fallback = default_directory();
  if (fallback.empty()) return {Error::kNoDirectory, "there is no file beside which it could be stored"};
  std::optional<std::string> row = value;
  SQB_ASSIGN(const auto environment, environment_directory());
  if (row == fallback && !environment)
    row = std::nullopt;  // so that it follows the database when that is moved
  SQB_ASSIGN(const auto stored, Catalog::stored_setting(env_, fallback, kDirectory));
  if (row != stored) {
    BackupDirectory place(*env_.files, fallback);
    SQB_ASSIGN(auto catalog, open_catalog(place, Catalog::Access::kWrite));
    SQB_TRY(catalog->set_setting(kDirectory, row));
  }
  set_for_session(kDirectory, std::nullopt);
  return {};
}

// Settings and assertions live in the catalog of the directory in force: a new directory gets those of the
// old one. Where it has one of the same name, that stays.
Status Database::carry_settings(const std::string& from, const std::string& to) {
  if (from == to) return {};
  const auto old_info = env_.files->info(join_path(from, kCatalogFileName), /*follow_symlink=*/false);
  if (old_info.status().is(Error::kNoSuchFile)) return {};
  BackupDirectory old_place(*env_.files, from);
  const auto old_catalog = open_catalog(old_place, Catalog::Access::kRead);
  if (old_catalog.status().is(Error::kDirectoryTaken)) return {};  // then they are another database's
  if (!old_catalog.ok()) return old_catalog.status();
  SQB_ASSIGN(auto settings, (*old_catalog)->settings());
  std::erase_if(settings, [](const auto& setting) { return setting.first == kDirectory; });
  SQB_ASSIGN(auto assertions, (*old_catalog)->assertions());
  if (settings.empty() && assertions.empty()) return {};
  BackupDirectory new_place(*env_.files, to);
  SQB_ASSIGN(auto new_catalog, open_catalog(new_place, Catalog::Access::kWrite));
  for (const auto& [key, value] : settings) {
    SQB_ASSIGN(const auto existing, new_catalog->setting(key));
    if (!existing) SQB_TRY(new_catalog->set_setting(key, value));
  }
  for (AssertionRecord& assertion : assertions) {
    assertion.id = 0;
    const Status put = new_catalog->put_assertion(assertion).status();
    if (!put.is(Error::kAlreadyExists)) SQB_TRY(put);
  }
  return {};
}

}  // namespace sqbackup
