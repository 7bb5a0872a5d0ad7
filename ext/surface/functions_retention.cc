#include <algorithm>

#include "service/pruning.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kPruneOptions[] = {{"dry_run", OptionType::kSwitch}, kDatabaseOption, kSchemaOption};

}  // namespace

Status sql_backup_prune(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kPruneOptions));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  if (options.flag("dry_run").value_or(false)) {
    SQB_ASSIGN(const auto decisions, plan_prune(target));
    call.return_integer(std::count_if(decisions.begin(), decisions.end(),
                                      [](const PruneDecision& decision) { return !decision.keep; }));
    return {};
  }
  SQB_ASSIGN(const std::int64_t removed, prune(target, "manual", call.progress()));
  call.return_integer(removed);
  return {};
}

}  // namespace sqbackup
