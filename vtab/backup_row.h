// The columns of `backups`, and what a row shows in each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "vtab/table.h"
#include "vtab/values.h"

namespace sqbackup {

struct BackupColumn {
  enum : int {
    kName,
    kCreatedAt,
    kTrigger,
    kFormat,
    kStatus,
    kSize,
    kDatabaseSize,
    kPageSize,
    kTables,
    kRows,
    kSha256,
    kEncrypted,
    kNote,
    kLabels,
    kPinned,
    kPath,
    kUrl,
    kUploadedAt,
    kVerifiedAt,
    kDuration,
    kPartial,
    kDatabase,
    kForce,
  };
};

inline constexpr Column kBackupColumns[] = {
    {"name", "TEXT", Column::Role::kIndexed},
    {"created_at", "TEXT", Column::Role::kIndexed},
    {"trigger", "TEXT"},
    {"format", "TEXT"},
    {"status", "TEXT"},
    {"size", "INTEGER"},
    {"database_size", "INTEGER"},
    {"page_size", "INTEGER"},
    {"tables", "INTEGER"},
    {"rows", "INTEGER"},
    {"sha256", "TEXT"},
    {"encrypted", "INTEGER"},
    {"note", "TEXT"},
    {"labels", "TEXT"},
    {"pinned", "INTEGER"},
    {"path", "TEXT"},
    {"url", "TEXT"},
    {"uploaded_at", "TEXT"},
    {"verified_at", "TEXT"},
    {"duration", "REAL"},
    {"partial", "INTEGER"},
    {"database", "TEXT", Column::Role::kArgument},
    {"force", "INTEGER", Column::Role::kArgument},
};

// A backup as one statement sees it: `record` has what the open transaction changed.
struct BackupRow {
  const BackupRecord& record;
  const BackupDirectory& directory;
  std::string_view database;
  bool force;
};

Value value_of(const BackupRow& row, int column);

}  // namespace sqbackup
