// UndoList: for a table whose changes act at once, so that the statement itself fails where one cannot be
// made: how to take back those of the open transaction.
#pragma once

#include <functional>
#include <vector>

#include "base/status.h"
#include "vtab/savepoints.h"

namespace sqbackup {

class UndoList {
 public:
  // Runs `change`; when it succeeds, a ROLLBACK runs `undo`, whose own errors nobody could be told. The
  // change must not happen where `undo` could not be remembered.
  Status run(std::function<void()> undo, const std::function<Status()>& change) {
    undos_.push_back(std::move(undo));
    Status outcome = change();
    if (!outcome.ok()) undos_.pop_back();
    return outcome;
  }
  void savepoint(int depth) { savepoints_.add(depth, undos_.size()); }
  void release(int depth) { savepoints_.release(depth); }
  void roll_back_to(int depth) { cut(savepoints_.roll_back_to(depth)); }
  void roll_back() {
    cut(0);
    commit();
  }
  void commit() {
    undos_.clear();
    savepoints_.clear();
  }

 private:
  void cut(std::size_t length) {
    for (; undos_.size() > length; undos_.pop_back()) undos_.back()();
  }
  std::vector<std::function<void()>> undos_;
  Savepoints savepoints_;
};

}  // namespace sqbackup
