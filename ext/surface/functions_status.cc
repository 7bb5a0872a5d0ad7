#include <nlohmann/json.hpp>

#include "codec/sha256.h"
#include "codec/zstd.h"
#include "service/operations.h"
#include "surface/functions.h"
#include "surface/json_text.h"
#include "surface/scheduler_state.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

using Json = nlohmann::ordered_json;

constexpr OptionSpec kStatusOptions[] = {kDatabaseOption, kSchemaOption};

Json time_or_null(const std::optional<UnixMillis>& time) {
  return time ? Json(format_sql_time(*time)) : Json(nullptr);
}

Json latest_backup(const BackupRecord& record, UnixMillis now) {
  return {{"name", record.name},
          {"created_at", format_sql_time(record.created_at)},
          {"age_seconds", static_cast<double>(now - record.created_at) / 1000.0},
          {"size", record.size},
          {"status", record.status},
          {"verified_at", time_or_null(record.verified_at)}};
}

Result<Json> backup_counts(Catalog& catalog, UnixMillis now) {
  SQB_ASSIGN(const Catalog::Totals totals, catalog.totals());
  SQB_ASSIGN(const auto latest, catalog.newest(std::nullopt, /*include_pre_restore=*/false));
  return Json{{"count", totals.count},
              {"completed", totals.completed},
              {"damaged", totals.count - totals.completed},
              {"pinned", totals.pinned},
              {"bytes", totals.bytes},
              {"latest", latest ? latest_backup(*latest, now) : Json()}};
}

Result<Json> last_error(Catalog& catalog) {
  SQB_ASSIGN(const auto run, catalog.last_failed_run());
  if (!run) return Json();
  return Json{{"operation", run->operation},
              {"name", run->name.empty() ? Json(nullptr) : Json(run->name)},
              {"at", format_sql_time(run->finished_at.value_or(run->started_at))},
              {"error_code", run->error_code},
              {"error", run->error}};
}

Result<Json> jobs(Database& database) {
  Json list = Json::array();
  SQB_ASSIGN(const auto running, running_jobs(database));
  for (const JobRecord& job : running) {
    list.push_back({{"operation", job.run.operation},
                    {"phase", job.progress.phase},
                    {"done", job.progress.done},
                    {"total", job.progress.total},
                    {"started_at", format_sql_time(job.run.started_at)},
                    {"actor", job.run.actor}});
  }
  return list;
}

// A setting without a value in force (the directory of a database in memory) shows null.
Result<Json> settings(Database& database) {
  Json all = Json::object();
  for (const SettingInfo& setting : known_settings()) {
    auto value = database.setting(setting.key);
    if (!value.ok() && !value.status().is(Error::kNoDirectory)) return value.status();
    const auto shown = value.ok() ? shown_value(setting, *value) : std::nullopt;
    all[setting.key] = {{"value", shown ? Json(*shown) : Json(nullptr)},
                        {"source", value.ok() ? value->source : "default"}};
  }
  return all;
}

Status add_directory(Database& database, UnixMillis now, Json& status) {
  auto opened = OpenCatalog::open(database, Catalog::Access::kRead);
  if (opened.status().is(Error::kNoDirectory)) return {};
  if (!opened.ok()) return opened.status();
  Catalog& catalog = (*opened)->catalog();
  status["directory"] = (*opened)->directory().path();
  SQB_ASSIGN(status["backups"], backup_counts(catalog, now));
  SQB_ASSIGN(status["running"], jobs(database));
  SQB_ASSIGN(status["last_error"], last_error(catalog));
  return {};
}

}  // namespace

Status sql_backup_status(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kStatusOptions));
  SQB_ASSIGN(const Session::Target target, target_of(call.session(), options));
  const std::string& path = target.database->path();
  Json status = {{"version", SQBACKUP_VERSION},
                 {"sqlite_version", sqlite3_libversion()},
                 {"database", path.empty() ? Json(nullptr) : Json(path)},
                 {"directory", nullptr},
                 {"backups", nullptr},
                 {"running", Json::array()},
                 {"last_error", nullptr},
                 {"problem", nullptr},
                 {"settings", nullptr}};
  // What cannot be read shall not hide the rest: this is asked when something is wrong.
  Status read = add_directory(*target.database, call.session().env().clock->now(), status);
  auto values = settings(*target.database);
  if (values.ok()) status["settings"] = std::move(*values);
  if (read.ok()) read = values.status();
  if (!read.ok()) status["problem"] = read.to_string();
  status["scheduler"] = scheduler_json(target.database->keeper_state());
  call.return_text(json_text(status));
  return {};
}

Status sql_backup_version(Call& call) {
  const Json version = {
      {"version", SQBACKUP_VERSION},
      {"sqlite_version", sqlite3_libversion()},
      {"sqlite_source_id", sqlite3_sourceid()},
      {"sqlite_threadsafe", sqlite3_threadsafe()},
      {"built_against_sqlite", SQLITE_VERSION},
      {"openssl_version", crypto_version()},
      {"zstd_version", zstd_version()},
      {"compiler", __VERSION__},
#ifdef NDEBUG
      {"build", "release"},
#else
      {"build", "debug"},
#endif
  };
  call.return_text(json_text(version));
  return {};
}

}  // namespace sqbackup
