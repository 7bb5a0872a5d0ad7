// The hidden column `database` of every table: which database's backups a statement asks about.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "surface/target.h"
#include "vtab/table.h"

namespace sqbackup {

class ChosenDatabase {
 public:
  // By the scan's argument in `column`, or `main` without one.
  static Result<ChosenDatabase> of(Session& session, const Scan& scan, int column);

  Session::Target& target() { return target_; }
  const Session::Target& target() const { return target_; }
  Database& database() { return *target_.database; }
  // The column's value: the argument as it was given, or the file of `main`.
  std::string_view shown() const { return shown_; }

 private:
  ChosenDatabase(Session::Target target, std::string shown)
      : target_(std::move(target)), shown_(std::move(shown)) {}
  Session::Target target_;
  std::string shown_;
};

}  // namespace sqbackup
