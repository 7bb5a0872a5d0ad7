// Savepoints: how long a list of staged changes was at each savepoint of the open transaction.
//
// SQLite reports a savepoint to the tables that have joined the transaction by then; one that is older than
// that is never reported, and the list was empty at it. Two tables may share one list (a table and its
// alias): every savepoint is reported twice then, and the current one again when the second table joins; the
// first report is the true one.
#pragma once

#include <cstddef>
#include <map>

namespace sqbackup {

class Savepoints {
 public:
  void add(int depth, std::size_t length) { lengths_.emplace(depth, length); }
  void release(int depth) { lengths_.erase(lengths_.lower_bound(depth), lengths_.end()); }
  // The length to cut back to. The savepoint itself stays.
  std::size_t roll_back_to(int depth) {
    const auto found = lengths_.find(depth);
    const std::size_t length = found != lengths_.end() ? found->second : 0;
    release(depth);
    add(depth, length);
    return length;
  }
  void clear() { lengths_.clear(); }

 private:
  std::map<int, std::size_t> lengths_;
};

}  // namespace sqbackup
