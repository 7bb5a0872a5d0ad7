#include "service/operations.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kRekeyOptions[] = {{"encrypt_to", OptionType::kTexts}, kDatabaseOption, kSchemaOption};

}  // namespace

Status sql_backup_rekey(Call& call) {
  SQB_ASSIGN(const std::string point, call.text(0, "the point"));
  SQB_ASSIGN(const Options options, call.options(1, kRekeyOptions));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const std::string name,
             rekey_database_backup(target, point, options.text("encrypt_to"), call.progress()));
  call.return_text(name);
  return {};
}

}  // namespace sqbackup
