#include "pages/image.h"

#include <array>

#include "pages/image_check.h"

namespace sqbackup {
namespace {

std::string uri_of(const std::string& path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '/' || byte == '-' || byte == '_' ||
                       byte == '.';
    if (plain) {
      uri += c;
    } else {
      uri += '%';
      uri += kDigits[byte >> 4];
      uri += kDigits[byte & 15];
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

std::string quoted_name(const std::string& name) {
  std::string text = "\"";
  for (char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

Result<Connection> open_image(const std::string& path) {
  SQB_ASSIGN(auto image, Connection::open(uri_of(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  SQB_TRY(distrust(image));
  return image;
}

Status distrust(Connection& image) {
  return image.execute("PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON");
}

Status check_image(Connection& image, CheckDepth depth, Progress& progress) {
  return ImageCheck(image, progress).run(depth);
}

Result<std::vector<ImageTable>> image_tables(Connection& image) {
  std::vector<ImageTable> tables;
  SQB_ASSIGN(auto names, image.prepare("SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0"
                                       " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"));
  SQB_ASSIGN(auto columns,
             image.prepare("SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden<>1 ORDER BY cid"));
  while (true) {
    SQB_ASSIGN(const bool row, names.step());
    if (!row) break;
    ImageTable table;
    table.name = names.text(0);
    columns.bind(1, std::string_view(table.name));
    while (true) {
      SQB_ASSIGN(const bool column, columns.step());
      if (!column) break;
      table.columns.emplace_back(columns.text(0), columns.text(1));
    }
    columns.reset();
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::int64_t> count_rows(Connection& image, const std::string& table) {
  const std::string sql = "SELECT count(*) FROM " + quoted_name(table);
  auto count = image.query_integer(sql);
  // An index may need a collation that only the application has: then count the table itself.
  if (count.status().is(Error::kSqliteFailed)) return image.query_integer(sql + " NOT INDEXED");
  return count;
}

Status for_each_schema_row(Connection& image, const std::function<void(const std::string&)>& row) {
  SQB_ASSIGN(auto statement,
             image.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"));
  while (true) {
    SQB_ASSIGN(const bool more, statement.step());
    if (!more) return {};
    row(statement.text(0) + "|" + statement.text(1) + "|" + statement.text(2) + "|" + statement.text(3) +
        "\n");
  }
}

}  // namespace sqbackup
