// The manifest of one backup (NAME.json): what it is, of which database, and the hashes that prove it.
// Written last: a backup exists when its manifest does. Rewritten only where the backup gets other keys
// (engine/rekey.h). docs/format/manifest.md is the byte-level description. Marks (NAME.marks.json) hold what
// a user may change later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace sqbackup {

struct ColumnInfo {
  std::string name;
  std::string type;  // as declared, may be empty
};

struct TableInfo {
  std::string name;
  std::optional<std::int64_t> rows;  // nullopt: not counted
  std::vector<ColumnInfo> columns;
};

// For whom the stored bytes are encrypted.
struct Encryption {
  std::vector<std::string> recipients;  // "age1..."; empty: for who knows a passphrase
};

struct Manifest {
  std::string tool_version;
  std::string name;             // "backup-....sqlite"
  std::string database_id;      // uuid, stable for one database
  std::string database_path;    // where the database was
  UnixMillis created_at = 0;    // when the captured state was read
  std::string trigger;          // manual | scheduled | pre_restore
  std::string actor;            // who asked: "user@host pid 123"
  std::string format;           // sqlite | zstd | json | json+zstd
  bool partial = false;         // tables were left out: it is not the whole database
  std::uint32_t page_size = 0;  // 0: an empty database
  std::uint64_t page_count = 0;
  std::uint64_t database_size = 0;  // bytes of the database
  std::uint64_t stored_size = 0;    // bytes of the stored file
  std::string sha256;               // of the stored file
  std::string database_sha256;      // of the plain database image, or the plain JSON text
  std::string sqlite_version;       // of the library that read it
  std::int64_t user_version = 0;
  std::int64_t application_id = 0;
  std::uint32_t change_counter = 0;
  std::string
      schema_sha256;  // over "type|name|tbl_name|sql\n" of sqlite_schema in rowid order; empty: not read
  std::vector<TableInfo> tables;  // ordinary tables, by name; empty when the schema could not be read
  bool row_counts = false;        // whether rows were counted (and the copy quick-checked)
  std::optional<std::int64_t> total_rows;
  std::string note;                   // empty: none
  std::string labels;                 // text of a JSON object, empty: none
  bool pinned = false;                // at creation; marks override
  std::vector<std::string> warnings;  // what was wrong with the source; empty: nothing known
  double duration = 0;                // seconds

  // Where the backup is encrypted, what tells of its content is so too: database_sha256, user_version,
  // application_id, schema_sha256, tables, row_counts, total_rows, note, labels and warnings are not in the
  // open, but in `secret`, the base64 of an age file. They are unset until read_secret() has read them.
  std::optional<Encryption> encryption;
  std::string secret;
  bool secret_is_read = false;

  // Whether what is said of the content above is known.
  bool knows_content() const { return !encryption || secret_is_read; }
};

struct Marks {
  bool pinned = false;
  std::string note;
  std::string labels;
  std::string secret{};  // of an encrypted backup: note and labels, as in its manifest, and these are empty
  bool keeps_texts = false;  // of an encrypted backup, without `secret`: both are those of the manifest

  bool hides_texts() const { return !secret.empty() || keeps_texts; }
};

// The JSON text that is to be encrypted into `secret`. kBadOption, as write_manifest().
Result<std::string> secret_of(const Manifest& manifest);
Result<std::string> secret_of(const Marks& marks);
// What was decrypted from it again. kManifestDamaged.
Status read_secret(std::string_view text, Manifest& manifest);
Status read_secret(std::string_view text, Marks& marks);

// The sealed JSON text. kBadOption when the labels are not the text of a JSON object (of bounded depth and
// size, see json_shape.h); kInternal for values that read_manifest would refuse.
Result<std::string> write_manifest(const Manifest& manifest);

// Reads a manifest that must be the one of backup `name`. Errors: kManifestDamaged, saying what is wrong with
// it: a broken seal, no JSON, a missing or ill-typed member, another name inside, a newer version.
Result<Manifest> read_manifest(std::string_view text, std::string_view name);

Result<std::string> write_marks(const Marks& marks);  // kBadOption for such labels
Result<Marks> read_marks(std::string_view text);      // kManifestDamaged

}  // namespace sqbackup
