// What a file is that somebody else put into the directory of the backups.
#pragma once

#include <optional>
#include <string>

#include "base/file_env.h"
#include "base/status.h"
#include "format/sqlite_header.h"

namespace sqbackup {

struct ImportedFile {
  std::string format;                  // as of a manifest
  std::optional<SqliteHeader> header;  // nullopt: it is encrypted, or a JSON snapshot
};

// nullopt: it is (not yet) an SQLite database or a JSON snapshot, nor one that zstd compressed, nor an age
// file with a name that ends in ".age".
std::optional<ImportedFile> look_at_imported(FileEnv& files, const std::string& path);

// Whether the file begins as zstd's do: with a frame, or a skippable one (RFC 8878, 3.1).
bool begins_as_zstd(ByteView head);
bool begins_as_age(ByteView head);  // a file of age, not an armored one
// As the text of a JSON snapshot that names its format first, whatever blanks are in it; 100 bytes tell.
bool begins_as_json_snapshot(ByteView head);

}  // namespace sqbackup
