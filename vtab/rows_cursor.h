// RowsCursor: a cursor over rows that arrive in pages (or all at once).
#pragma once

#include <vector>

#include "vtab/table.h"

namespace sqbackup {

template <typename Row>
class RowsCursor : public Cursor {
 public:
  Status start(const Scan& scan) final {
    rows_.clear();
    position_ = 0;
    number_ = 1;
    SQB_TRY(begin(scan));
    return fetch(rows_);
  }
  Status next() final {
    ++number_;
    if (++position_ < rows_.size() || rows_.empty()) return {};
    position_ = 0;
    return fetch(rows_);
  }
  bool at_end() const final { return rows_.empty(); }
  std::int64_t rowid() override { return number_; }

 protected:
  virtual Status begin(const Scan& scan) = 0;
  // Puts the next page in place of `rows` (empty: before the first); leaves it empty at the end.
  virtual Status fetch(std::vector<Row>& rows) = 0;
  const Row& row() const { return rows_[position_]; }
  std::int64_t number() const { return number_; }  // of the current row, from 1

 private:
  std::vector<Row> rows_;
  std::size_t position_ = 0;
  std::int64_t number_ = 1;
};

// A RowsCursor whose rows are few enough to be read at once.
template <typename Row>
class ListCursor : public RowsCursor<Row> {
 protected:
  virtual Status load(const Scan& scan, std::vector<Row>& rows) = 0;

 private:
  Status begin(const Scan& scan) final {
    loaded_.clear();
    return load(scan, loaded_);
  }
  Status fetch(std::vector<Row>& rows) final {
    rows = std::move(loaded_);
    loaded_.clear();
    return {};
  }
  std::vector<Row> loaded_;
};

}  // namespace sqbackup
