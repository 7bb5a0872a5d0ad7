#include "vtab/plan.h"

#include "surface/call.h"

namespace sqbackup {
namespace {

std::optional<Scan::Compare> compare_of(unsigned char op) {
  switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
    case SQLITE_INDEX_CONSTRAINT_IS:
      return Scan::Compare::kEqual;
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
      return Scan::Compare::kAtMost;
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_GE:
      return Scan::Compare::kAtLeast;
    default:
      return std::nullopt;
  }
}

bool is_integer(const Column& column) { return std::string_view(column.type) == "INTEGER"; }

bool is_binary(sqlite3_index_info* info, int constraint) {
  return sqlite3_stricmp(sqlite3_vtab_collation(info, constraint), "BINARY") == 0;
}

// Which comparison of constraint `i` the cursor can use.
std::optional<Scan::Compare> usable(const Column& column, sqlite3_index_info* info, int i) {
  const auto compare = compare_of(info->aConstraint[i].op);
  if (!compare || column.role == Column::Role::kPlain) return std::nullopt;
  if (column.role == Column::Role::kArgument && *compare != Scan::Compare::kEqual) return std::nullopt;
  if (column.role != Column::Role::kArgument && !is_integer(column) && !is_binary(info, i))
    return std::nullopt;
  return compare;
}

class Estimate {
 public:
  void narrow(const Column& column, Scan::Compare compare) {
    if (column.role == Column::Role::kArgument) return;
    rows_ = compare == Scan::Compare::kEqual ? 1 : std::max<sqlite3_int64>(rows_ / 10, 1);
  }
  void store(sqlite3_index_info* info) const {
    constexpr double kOpening = 20;  // a catalog is opened, whatever is read of it
    info->estimatedRows = rows_;
    info->estimatedCost = kOpening + static_cast<double>(rows_);
  }

 private:
  sqlite3_int64 rows_ = 10000;
};

void choose_order(std::span<const Column> columns, sqlite3_index_info* info) {
  if (info->nOrderBy != 1 || info->aOrderBy[0].iColumn < 0) return;
  const int column = info->aOrderBy[0].iColumn;
  if (columns[static_cast<std::size_t>(column)].role != Column::Role::kIndexed) return;
  info->orderByConsumed = 1;
  info->idxNum = 2 * (1 + column) + (info->aOrderBy[0].desc != 0 ? 1 : 0);
}

}  // namespace

int choose_plan(std::span<const Column> columns, sqlite3_index_info* info) {
  std::string text;
  std::vector<bool> wanted(columns.size()), given(columns.size());
  Estimate estimate;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < 0) continue;
    const auto index = static_cast<std::size_t>(constraint.iColumn);
    const bool is_argument = columns[index].role == Column::Role::kArgument;
    const auto compare = usable(columns[index], info, i);
    if (!compare) continue;
    if (is_argument) wanted[index] = true;
    if (constraint.usable == 0 || (is_argument && given[index])) continue;
    if (is_argument) given[index] = true;
    text += static_cast<char>('A' + constraint.iColumn);
    text += static_cast<char>(*compare);
    info->aConstraintUsage[i].argvIndex = static_cast<int>(text.size() / 2);
    estimate.narrow(columns[index], *compare);
  }
  if (wanted != given) return SQLITE_CONSTRAINT;
  choose_order(columns, info);
  estimate.store(info);
  info->idxStr = sqlite3_mprintf("%s", text.c_str());
  info->needToFreeIdxStr = 1;
  return info->idxStr != nullptr ? SQLITE_OK : SQLITE_NOMEM;
}

std::optional<Scan> read_plan(std::span<const Column> columns, int number, const char* text,
                              std::span<sqlite3_value*> values) {
  Scan scan;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int column = text[2 * i] - 'A';
    const auto compare = static_cast<Scan::Compare>(text[2 * i + 1]);
    const Column& about = columns[static_cast<std::size_t>(column)];
    const int type = sqlite3_value_type(values[i]);
    if (type == SQLITE_NULL) return std::nullopt;
    if (about.role == Column::Role::kArgument) {
      scan.arguments.emplace_back(column, text_of(values[i]));
    } else if (type == (is_integer(about) ? SQLITE_INTEGER : SQLITE_TEXT)) {
      scan.conditions.push_back({column, compare, text_of(values[i])});
    }
  }
  if (number != 0) {
    scan.order_column = number / 2 - 1;
    scan.descending = number % 2 != 0;
  }
  return scan;
}

}  // namespace sqbackup
