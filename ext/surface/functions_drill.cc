#include "service/drilling.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kDrillOptions[] = {{"point", OptionType::kText},
                                        {"scratch", OptionType::kText},
                                        {"fresh_within", OptionType::kText},
                                        kDatabaseOption,
                                        kSchemaOption};

}  // namespace

Status sql_backup_drill(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kDrillOptions));
  DrillOptions wanted;
  wanted.point = options.text("point").value_or("latest");
  if (const auto scratch = options.text("scratch")) {
    SQB_ASSIGN(wanted.scratch, path_option("scratch", *scratch));
  }
  if (const auto age = options.text("fresh_within")) {
    wanted.fresh_within_millis = parse_duration(*age);
    if (!wanted.fresh_within_millis) {
      return {Error::kBadOption, "option 'fresh_within' must be a duration such as 90s, 10m, 36h or 7d"};
    }
  }
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const DrillReport report, drill_backup(target, wanted, call.progress()));
  call.return_text(drill_report_json(report));
  return {};
}

}  // namespace sqbackup
