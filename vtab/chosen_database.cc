#include "vtab/chosen_database.h"

namespace sqbackup {

Result<ChosenDatabase> ChosenDatabase::of(Session& session, const Scan& scan, int column) {
  if (const std::string* path = scan.argument(column)) {
    SQB_ASSIGN(Session::Target target, target_file(session, *path));
    return ChosenDatabase(std::move(target), *path);
  }
  SQB_ASSIGN(Session::Target target, session.attached("main"));
  std::string shown = target.database->path();
  return ChosenDatabase(std::move(target), std::move(shown));
}

}  // namespace sqbackup
