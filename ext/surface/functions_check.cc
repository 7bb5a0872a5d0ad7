#include <nlohmann/json.hpp>

#include "service/preflight.h"
#include "surface/functions.h"
#include "surface/json_text.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kCheckOptions[] = {kDatabaseOption, kSchemaOption};

}  // namespace

Status sql_backup_check(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kCheckOptions));
  SQB_ASSIGN(const Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const PreflightReport report, run_preflight(target, call.progress()));
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const auto& passed : report.checks) {
    checks.push_back({{"name", passed.check}, {"ok", true}, {"detail", passed.detail}});
  }
  const nlohmann::ordered_json json = {{"database", target.database->path()},
                                       {"directory", report.directory},
                                       {"ok", true},
                                       {"checks", checks},
                                       {"warnings", report.warnings}};
  call.return_text(json_text(json));
  return {};
}

}  // namespace sqbackup
