#include "engine/recovery_text.h"

#include "engine/remote_layout.h"
#include "format/json_values.h"

namespace sqbackup {
namespace {

constexpr std::string_view kAbout = R"(Backups of the SQLite database @FILE@

This place holds backups that sqbackup made, a library for SQLite. Everything that a restore needs is here, except for
the key of backups that are encrypted (their names end in .age). The tools below are free and in every distribution.

What is here

  NAME                  the stored bytes of one backup
  NAME.json             its manifest: what it is, and the hashes that prove it. What has none is no complete backup
  NAME.marks.json       notes that were made later; a restore does not need them
  owner.sqbackup.json   which machine writes here

NAME tells the time in UTC and the form: backup-2026-11-20T10-30-00-000Z.sqlite.zst.age is
  .sqlite or .json      the database file as it was, or all of its rows as JSON text
  .zst                  and compressed with zstd
  .age                  and encrypted with age (https://age-encryption.org), after that

With sqbackup

In the sqlite3 shell, after ".load ./libsqbackup", the newest backup comes back as a new file with

  SELECT backup_restore(@SQL_LATEST@, @SQL_TO@);

By hand, in a shell

)";

constexpr std::string_view kFetchS3 = R"(  PLACE=@PLACE@
  aws s3 ls "$PLACE"                # choose the newest NAME for which there is a NAME.json
  N=NAME
  aws s3 cp "$PLACE$N" .
  aws s3 cp "$PLACE$N.json" .

A store that is not Amazon's needs "aws --endpoint-url https://..." each time. Where the objects have presigned or
public URLs, "curl -f -o FILE 'URL'" fetches them as well.
)";

constexpr std::string_view kFetchDirectory = R"(  PLACE=@PLACE@
  # It is the directory of this file. Go there, and choose the newest NAME for which there is a NAME.json.
  N=NAME
  mkdir /tmp/restore && cp "$N" "$N.json" /tmp/restore/ && cd /tmp/restore
)";

constexpr std::string_view kOpen = R"(
Prove it: both lines show the same hash.

  sha256sum "$N"
  jq -r .sha256 "$N.json"

Open it, as far as its name has these endings:

  age -d -i key.txt -o "${N%.age}" "$N"; N="${N%.age}"      # without "-i key.txt" it asks for a passphrase
  zstd -d "$N"; N="${N%.zst}"

A NAME that ends in .sqlite is the database now. Nothing may be left of an older one of the same name, such as
a file that ends in -wal or -journal.

  TO=@TO@
  cp -i "$N" "$TO"
  sqlite3 "$TO" 'PRAGMA integrity_check; PRAGMA foreign_key_check'

A NAME that ends in .json holds the rows. sqbackup builds the database from it; without it:

  # The schema, for sqlite3; the tables; the rows of one of them.
  jq -r '.manifest.schema[] | select(.sql and (.name | startswith("sqlite_") | not)) | .sql + ";"' "$N"
  jq '.manifest.tables[].key' "$N"
  jq -c '.data["TABLE"][]' "$N"
  # Values: {"$blob":"BASE64"} is a BLOB, {"$int":"DIGITS"} a large integer, {"$text":"BASE64"} text that is no UTF-8.
)";

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result;
  while (true) {
    const std::size_t at = text.find(what);
    result += text.substr(0, at);
    if (at == std::string_view::npos) return result;
    result += by;
    text.remove_prefix(at + what.size());
  }
}

// Without what would end its line.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return line;
}

std::string shell_quoted(std::string_view text) { return "'" + replaced(text, "'", "'\\''") + "'"; }
std::string sql_quoted(std::string_view text) { return "'" + replaced(text, "'", "''") + "'"; }

}  // namespace

std::string recovery_text(std::string_view url, std::string_view database_file) {
  const std::string place = one_line(url);
  const std::string file = one_line(database_file);
  // A name that begins with '-' would be an option.
  const std::string target = file.empty() ? "restored.db" : file.front() == '-' ? "./" + file : file;
  std::string to = "{\"to\":";
  append_json_string(to, target);
  to += "}";
  std::string text = replaced(kAbout, "@SQL_LATEST@", sql_quoted(place + "latest"));
  text = replaced(text, "@SQL_TO@", sql_quoted(to));
  text += place.starts_with("s3://") ? kFetchS3 : kFetchDirectory;
  text += kOpen;
  text = replaced(text, "@PLACE@", shell_quoted(place));
  text = replaced(text, "@TO@", shell_quoted(target));
  return replaced(text, "@FILE@", file);
}

Status write_recovery_text(ObjectStore& store, std::string_view database_file, const Cancel& cancel) {
  const std::string text = recovery_text(store.url_of(""), database_file);
  const auto there = read_text_object(store, kRecoveryKey, text.size(), cancel);
  // One that is larger is another.
  if (!there.ok() && !there.status().is(Error::kManifestDamaged)) return there.status();
  if (there.ok() && *there == text) return {};
  return store.put(kRecoveryKey, text, cancel);
}

}  // namespace sqbackup
