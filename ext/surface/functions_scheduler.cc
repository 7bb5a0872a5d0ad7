#include <nlohmann/json.hpp>

#include "surface/functions.h"
#include "surface/json_text.h"
#include "surface/scheduler_state.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kSchedulerOptions[] = {kDatabaseOption, kSchemaOption};

}  // namespace

nlohmann::ordered_json scheduler_json(const std::optional<KeeperState>& state) {
  nlohmann::ordered_json json = {{"state", state ? "started" : "stopped"}};
  if (!state) return json;
  json["leader"] = state->leader;
  json["next_backup"] = nullptr;
  if (state->next_backup) json["next_backup"] = format_sql_time(*state->next_backup);
  json["problem"] = nullptr;
  if (!state->problem.empty()) json["problem"] = state->problem;
  return json;
}

Status sql_backup_start(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kSchedulerOptions));
  SQB_ASSIGN(const Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const SettingValue enabled, target.database->setting("enabled"));
  if (!is_on(enabled)) {
    call.return_text(R"({"state":"disabled"})");
    return {};
  }
  SQB_ASSIGN(const KeeperState state, target.database->start_keeper(target.source));
  call.return_text(json_text(scheduler_json(state)));
  return {};
}

Status sql_backup_stop(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kSchedulerOptions));
  SQB_ASSIGN(const Session::Target target, target_of(call.session(), options));
  target.database->stop_keeper();
  call.return_text(json_text(scheduler_json(std::nullopt)));
  return {};
}

}  // namespace sqbackup
