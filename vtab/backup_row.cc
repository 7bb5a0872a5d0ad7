#include "vtab/backup_row.h"

namespace sqbackup {
namespace {

using enum_ = BackupColumn;

Value of(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }
Value of(const std::optional<std::int64_t>& number) { return number ? Value(*number) : Value(); }
Value of(bool flag) { return std::int64_t{flag}; }
Value of_time(const std::optional<UnixMillis>& time) {
  return time ? Value(format_sql_time(*time)) : Value();
}

Value text_or_time(const BackupRow& row, int column) {
  switch (column) {
    case BackupColumn::kName:
      return row.record.name;
    case BackupColumn::kCreatedAt:
      return of_time(row.record.created_at);
    case BackupColumn::kTrigger:
      return row.record.trigger;
    case BackupColumn::kFormat:
      return row.record.format;
    case BackupColumn::kStatus:
      return row.record.status;
    case BackupColumn::kSha256:
      return of(row.record.sha256);
    case BackupColumn::kNote:
      return of(row.record.note);
    case BackupColumn::kLabels:
      return of(row.record.labels);
    case BackupColumn::kPath:
      return row.directory.path_of(row.record.name);
    case BackupColumn::kUrl:
      return of(row.record.url);
    case BackupColumn::kUploadedAt:
      return of_time(row.record.uploaded_at);
    case BackupColumn::kVerifiedAt:
      return of_time(row.record.verified_at);
    case BackupColumn::kDatabase:
      return std::string(row.database);
    default:
      return {};
  }
}

}  // namespace

Value value_of(const BackupRow& row, int column) {
  switch (column) {
    case BackupColumn::kSize:
      return row.record.size;
    case BackupColumn::kDatabaseSize:
      return of(row.record.database_size);
    case BackupColumn::kPageSize:
      return of(row.record.page_size);
    case BackupColumn::kTables:
      return of(row.record.tables);
    case BackupColumn::kRows:
      return of(row.record.rows);
    case BackupColumn::kEncrypted:
      return of(is_encrypted(row.record));
    case BackupColumn::kPinned:
      return of(row.record.pinned);
    case BackupColumn::kDuration:
      return row.record.duration ? Value(*row.record.duration) : Value();
    case BackupColumn::kPartial:
      return of(row.record.partial);
    case BackupColumn::kForce:
      return of(row.force);
    default:
      return text_or_time(row, column);
  }
}

}  // namespace sqbackup
