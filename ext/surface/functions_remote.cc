#include "service/remote.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kRemoteOptions[] = {{"url", OptionType::kText}, kDatabaseOption, kSchemaOption};
constexpr OptionSpec kAdoptOptions[] = {kDatabaseOption, kSchemaOption};

}  // namespace

Status sql_backup_upload(Call& call) {
  SQB_ASSIGN(const std::string point, call.text(0, "the point"));
  SQB_ASSIGN(const Options options, call.options(1, kRemoteOptions));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const std::string url,
             upload_database_backup(target, point, options.text("url"), call.progress()));
  call.return_text(url);
  return {};
}

Status sql_backup_download(Call& call) {
  SQB_ASSIGN(const std::string name, call.text(0, "the name"));
  SQB_ASSIGN(const Options options, call.options(1, kRemoteOptions));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const std::string downloaded,
             download_database_backup(target, name, options.text("url"), call.progress()));
  call.return_text(downloaded);
  return {};
}

Status sql_backup_adopt(Call& call) {
  SQB_ASSIGN(const std::string url, call.text(0, "the URL"));
  SQB_ASSIGN(const Options options, call.options(1, kAdoptOptions));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const std::string adopted, adopt_place(target, url, call.progress()));
  call.return_text(adopted);
  return {};
}

}  // namespace sqbackup
