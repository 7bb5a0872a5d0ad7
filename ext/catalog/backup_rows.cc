#include "catalog/backup_rows.h"

namespace sqbackup {
namespace {

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::int64_t> signed_or_null(const std::optional<std::uint64_t>& number) {
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

constexpr const char* kUpsert =
    "INSERT INTO backups (name, created_at, trigger, format, status, size, database_size, page_size, tables, "
    "rows,"
    " sha256, note, labels, pinned, verified_at, duration, manifest_time, marks_time, data_size, data_time, "
    "partial)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?22)"
    " ON CONFLICT (name) DO UPDATE SET created_at = ?2, trigger = ?3, format = ?4, status = ?5, size = ?6,"
    " database_size = ?7, page_size = ?8, tables = iif(?21, tables, ?9), rows = iif(?21, rows, ?10),"
    " sha256 = ?11, note = iif(?21, note, ?12), labels = iif(?21, labels, ?13),"
    " pinned = ?14, verified_at = ?15, duration = ?16, manifest_time = ?17, marks_time = ?18, data_size = "
    "?19,"
    " data_time = ?20, partial = ?22";

// Builds WHERE conditions with their parameters.
class Conditions {
 public:
  explicit Conditions(ListQuery& query) : query_(query) {}

  void add(const std::string& condition, const std::string& text) {
    query_.texts.push_back(text);
    add_sql(condition + " ?" + std::to_string(query_.texts.size()));
  }
  void add_integer(const std::string& condition, std::int64_t value) {
    add_sql(condition + " " + std::to_string(value));
  }
  void add(const std::string& condition, const std::optional<std::string>& text) {
    if (text) add(condition, *text);
  }

 private:
  void add_sql(const std::string& condition) {
    query_.sql += first_ ? " WHERE " : " AND ";
    query_.sql += condition;
    first_ = false;
  }

  ListQuery& query_;
  bool first_ = true;
};

}  // namespace

Result<FileState> look_at_files(const BackupDirectory& directory, const std::string& name) {
  FileEnv& files = directory.files();
  FileState state;
  const auto manifest = files.info(directory.path_of(manifest_file_of(name)), /*follow_symlink=*/false);
  if (!manifest.ok() && !manifest.status().is(Error::kNoSuchFile)) return manifest.status();
  const auto data = files.info(directory.path_of(name), /*follow_symlink=*/false);
  if (!data.ok() && !data.status().is(Error::kNoSuchFile)) return data.status();
  if (!manifest.ok() && !data.ok()) return data.status();
  const auto marks = files.info(directory.path_of(name) + ".marks.json", /*follow_symlink=*/false);
  if (!marks.ok() && !marks.status().is(Error::kNoSuchFile)) return marks.status();

  if (manifest.ok()) state.manifest_time = manifest->modified_ns;
  if (data.ok() && data->kind == FileKind::kFile) state.data_size = static_cast<std::int64_t>(data->size);
  if (data.ok() && !manifest.ok()) state.data_time = data->modified_ns;
  if (marks.ok()) state.marks_time = marks->modified_ns;
  return state;
}

BackupRecord record_of(const Manifest& manifest, const FileState& state) {
  BackupRecord record;
  record.name = manifest.name;
  record.created_at = manifest.created_at;
  record.trigger = manifest.trigger;
  record.format = manifest.format;
  record.size = static_cast<std::int64_t>(manifest.stored_size);
  const bool sound = state.data_size == record.size && manifest.warnings.empty();
  record.status = sound ? "completed" : "damaged";
  record.database_size = signed_or_null(manifest.database_size);
  record.page_size = manifest.page_size;
  const bool schema_read = manifest.knows_content() && !manifest.schema_sha256.empty();
  if (schema_read) record.tables = static_cast<std::int64_t>(manifest.tables.size());
  record.rows = manifest.total_rows;
  record.sha256 = text_or_null(manifest.sha256);
  record.note = text_or_null(manifest.note);
  record.labels = text_or_null(manifest.labels);
  record.pinned = manifest.pinned;
  record.duration = manifest.duration;
  record.partial = manifest.partial;
  return record;
}

void apply_marks(BackupRecord& record, const Marks& marks) {
  record.pinned = marks.pinned;
  if (marks.hides_texts()) return;
  record.note = text_or_null(marks.note);
  record.labels = text_or_null(marks.labels);
}

Status write_row(Connection& connection, const BackupRecord& record, const FileState& state, Replace replace,
                 bool keeps_content) {
  std::string sql = kUpsert;
  if (replace == Replace::kIfChanged)
    sql += " WHERE (manifest_time, data_size, data_time) IS NOT (?17, ?19, ?20)";
  SQB_ASSIGN(auto statement, connection.prepare(sql));
  statement.bind(1, std::string_view(record.name));
  statement.bind(2, std::string_view(format_sql_time(record.created_at)));
  statement.bind(3, std::string_view(record.trigger));
  statement.bind(4, std::string_view(record.format));
  statement.bind(5, std::string_view(record.status));
  statement.bind(6, record.size);
  statement.bind(7, record.database_size);
  statement.bind(8, record.page_size);
  statement.bind(9, record.tables);
  statement.bind(10, record.rows);
  statement.bind(11, record.sha256);
  statement.bind(12, record.note);
  statement.bind(13, record.labels);
  statement.bind(14, std::int64_t{record.pinned});
  statement.bind(15, record.verified_at ? std::optional(format_sql_time(*record.verified_at)) : std::nullopt);
  statement.bind(16, record.duration);
  statement.bind(17, state.manifest_time);
  statement.bind(18, state.marks_time == kUnknownTime ? std::nullopt : std::optional(state.marks_time));
  statement.bind(19, state.data_size);
  statement.bind(20, state.data_time);
  statement.bind(21, std::int64_t{keeps_content});
  statement.bind(22, std::int64_t{record.partial});
  return statement.run();
}

// The URL of the newest copy without sorting: times are texts of 23 characters.
const char* const kSelectBackups =
    "SELECT id, name, created_at, trigger, format, status, size, database_size, page_size, tables, rows, "
    "sha256, note,"
    " labels, pinned, verified_at, duration, partial,"
    " (SELECT substr(max(uploaded_at || url), 24) FROM copies WHERE copies.name = backups.name),"
    " (SELECT max(uploaded_at) FROM copies WHERE copies.name = backups.name) FROM backups";

BackupRecord read_row(const Statement& statement) {
  BackupRecord record;
  record.id = statement.integer(0);
  record.name = statement.text(1);
  record.created_at = parse_time(statement.text(2)).value_or(0);
  record.trigger = statement.text(3);
  record.format = statement.text(4);
  record.status = statement.text(5);
  record.size = statement.integer(6);
  record.database_size = statement.optional_integer(7);
  record.page_size = statement.optional_integer(8);
  record.tables = statement.optional_integer(9);
  record.rows = statement.optional_integer(10);
  record.sha256 = statement.optional_text(11);
  record.note = statement.optional_text(12);
  record.labels = statement.optional_text(13);
  record.pinned = statement.integer(14) != 0;
  if (!statement.is_null(15)) record.verified_at = parse_time(statement.text(15));
  record.duration = statement.optional_real(16);
  record.partial = statement.integer(17) != 0;
  record.url = statement.optional_text(18);
  if (!statement.is_null(19)) record.uploaded_at = parse_time(statement.text(19));
  return record;
}

Result<std::vector<BackupRecord>> read_rows(Statement& statement) {
  std::vector<BackupRecord> rows;
  while (true) {
    SQB_ASSIGN(const bool row, statement.step());
    if (!row) return rows;
    rows.push_back(read_row(statement));
  }
}

ListQuery list_query(const BackupQuery& query, const BackupRecord* last, int limit) {
  const bool by_name = query.order == BackupQuery::Order::kName;
  // A unary plus keeps the planner on the index of the wanted order: a page is then read without sorting.
  const std::string name = by_name ? "name" : "+name";
  const std::string created_at = by_name ? "+created_at" : "created_at";
  // The row before is inside the range: the page begins behind it, and two bounds on one side would leave to
  // the planner where the search begins.
  const bool from_last = last != nullptr && !query.descending;
  const bool to_last = last != nullptr && query.descending;
  ListQuery list{kSelectBackups, {}};
  Conditions conditions(list);
  conditions.add("name =", query.name);
  if (!by_name || !from_last) conditions.add(name + " >=", query.name_from);
  if (!by_name || !to_last) conditions.add(name + " <=", query.name_to);
  if (by_name || !from_last) conditions.add(created_at + " >=", query.created_from);
  if (by_name || !to_last) conditions.add(created_at + " <=", query.created_to);
  const std::string after = query.descending ? " <" : " >";
  if (last != nullptr && by_name) conditions.add("name" + after, last->name);
  if (last != nullptr && !by_name) {
    conditions.add("(created_at, id)" + after + " (", format_sql_time(last->created_at));
    list.sql += ", " + std::to_string(last->id) + ")";
  }
  if (query.up_to_id) conditions.add_integer("+id <=", *query.up_to_id);
  const std::string direction = query.descending ? " DESC" : "";
  list.sql +=
      by_name ? " ORDER BY name" + direction : " ORDER BY created_at" + direction + ", id" + direction;
  list.sql += " LIMIT " + std::to_string(limit);
  return list;
}

}  // namespace sqbackup
