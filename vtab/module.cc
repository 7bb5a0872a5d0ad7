#include "vtab/module.h"

#include "surface/guard.h"
#include "surface/result.h"
#include "vtab/plan.h"

namespace sqbackup {

Status Table::change(const RowChange&) { return {Error::kReadOnlyColumn, "the table cannot be changed"}; }

namespace {

constexpr char** kNoMessage = nullptr;

struct ModuleBinding {
  std::shared_ptr<Host> host;
  const Entry* entry;
};

// SQLite's view of a connected table and of a cursor: its own part first, ours behind.
struct ConnectedTable : sqlite3_vtab {
  std::shared_ptr<Host> host;
  const Entry* entry;
  std::unique_ptr<Table> table;

  sqlite3* connection() const { return host->session.connection(); }
};

struct OpenedCursor : sqlite3_vtab_cursor {
  std::unique_ptr<Cursor> cursor;
  bool nothing_fits = false;
};

ConnectedTable& table_of(sqlite3_vtab* table) { return *static_cast<ConnectedTable*>(table); }
OpenedCursor& cursor_of(sqlite3_vtab_cursor* cursor) { return *static_cast<OpenedCursor*>(cursor); }

int outcome(ConnectedTable& table, const Status& status) {
  if (status.ok()) return SQLITE_OK;
  return set_error(&table, table.connection(), table.entry->name, status);
}

std::string declaration(std::span<const Column> columns) {
  std::string sql = "CREATE TABLE x(";
  for (const Column& column : columns) {
    sql.append(sql.back() == '(' ? "\"" : ", \"").append(column.name).append("\" ").append(column.type);
    if (column.role == Column::Role::kArgument) sql += " HIDDEN";
  }
  return sql + ")";
}

int connect(sqlite3* connection, void* data, int, const char* const*, sqlite3_vtab** result, char** message) {
  return guard(message, [&] {
    const auto& binding = *static_cast<ModuleBinding*>(data);
    int code = sqlite3_declare_vtab(connection, declaration(binding.entry->table->columns).c_str());
    if (code != SQLITE_OK) return code;
    // Never from the schema: a view or trigger of a hostile database shall not reach files through it.
    code = sqlite3_vtab_config(connection, SQLITE_VTAB_DIRECTONLY);
    if (code != SQLITE_OK) return code;
    auto table = std::make_unique<ConnectedTable>();
    table->host = binding.host;
    table->entry = binding.entry;
    table->table = binding.entry->table->connect(*binding.host);
    *result = table.release();
    return SQLITE_OK;
  });
}

// In a forked child nothing of the parent's may be locked or freed.
int disconnect(sqlite3_vtab* raw) {
  return guard(kNoMessage, [&] {
    std::unique_ptr<ConnectedTable> table(&table_of(raw));
    if (!table->host->session.check().ok()) static_cast<void>(table.release());
    return SQLITE_OK;
  });
}

int best_index(sqlite3_vtab* raw, sqlite3_index_info* info) {
  return guard(&raw->zErrMsg, [&] { return choose_plan(table_of(raw).entry->table->columns, info); });
}

int open(sqlite3_vtab* raw, sqlite3_vtab_cursor** result) {
  return guard(&raw->zErrMsg, [&] {
    auto cursor = std::make_unique<OpenedCursor>();
    cursor->cursor = table_of(raw).table->open();
    *result = cursor.release();
    return SQLITE_OK;
  });
}

int close(sqlite3_vtab_cursor* raw) {
  return guard(kNoMessage, [&] {
    std::unique_ptr<OpenedCursor> cursor(&cursor_of(raw));
    if (!table_of(raw->pVtab).host->session.check().ok()) static_cast<void>(cursor.release());
    return SQLITE_OK;
  });
}

int filter(sqlite3_vtab_cursor* raw, int number, const char* text, int count, sqlite3_value** values) {
  return guard(&raw->pVtab->zErrMsg, [&] {
    ConnectedTable& table = table_of(raw->pVtab);
    OpenedCursor& cursor = cursor_of(raw);
    Status status = table.host->session.check();
    if (!status.ok()) return outcome(table, status);
    const auto scan =
        read_plan(table.entry->table->columns, number, text, {values, static_cast<std::size_t>(count)});
    cursor.nothing_fits = !scan.has_value();
    return scan ? outcome(table, cursor.cursor->start(*scan)) : SQLITE_OK;
  });
}

int next(sqlite3_vtab_cursor* raw) {
  return guard(&raw->pVtab->zErrMsg,
               [&] { return outcome(table_of(raw->pVtab), cursor_of(raw).cursor->next()); });
}

int at_end(sqlite3_vtab_cursor* raw) {
  const OpenedCursor& cursor = cursor_of(raw);
  return cursor.nothing_fits || cursor.cursor->at_end() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* raw, sqlite3_context* context, int index) {
  return guard(&raw->pVtab->zErrMsg, [&] {
    // An UPDATE that leaves the column alone: change() sees it as unchanged.
    if (sqlite3_vtab_nochange(context) == 0) cursor_of(raw).cursor->column(context, index);
    return SQLITE_OK;
  });
}

int rowid(sqlite3_vtab_cursor* raw, sqlite3_int64* result) {
  return guard(&raw->pVtab->zErrMsg, [&] {
    *result = cursor_of(raw).cursor->rowid();
    return SQLITE_OK;
  });
}

RowChange change_of(int count, sqlite3_value** values) {
  RowChange change{RowChange::Kind::kDelete, sqlite3_value_int64(values[0]), false, {}};
  if (count == 1) return change;
  change.columns = {values + 2, static_cast<std::size_t>(count - 2)};
  change.kind =
      sqlite3_value_type(values[0]) == SQLITE_NULL ? RowChange::Kind::kInsert : RowChange::Kind::kUpdate;
  change.rowid_changed =
      change.kind == RowChange::Kind::kUpdate && sqlite3_value_int64(values[1]) != change.rowid;
  return change;
}

int update(sqlite3_vtab* raw, int count, sqlite3_value** values, sqlite3_int64*) {
  return guard(&raw->zErrMsg, [&] {
    ConnectedTable& table = table_of(raw);
    Status status = table.host->session.check();
    if (status.ok()) status = table.table->change(change_of(count, values));
    return outcome(table, status);
  });
}

// Calls a step of the transaction, except in a forked child, which has no part in it.
template <typename Step>
int transaction_step(sqlite3_vtab* raw, Step&& step) {
  return guard(&raw->zErrMsg, [&] {
    ConnectedTable& table = table_of(raw);
    if (table.host->session.check().ok()) step(*table.table);
    return SQLITE_OK;
  });
}

int begin(sqlite3_vtab* raw) {
  return transaction_step(raw, [](Table& table) { table.begin(); });
}
int sync(sqlite3_vtab*) { return SQLITE_OK; }  // an error here would undo the user's whole transaction
int commit(sqlite3_vtab* raw) {
  return transaction_step(raw, [](Table& table) { table.commit(); });
}
int roll_back(sqlite3_vtab* raw) {
  return transaction_step(raw, [](Table& table) { table.roll_back(); });
}
int savepoint(sqlite3_vtab* raw, int depth) {
  return transaction_step(raw, [=](Table& table) { table.savepoint(depth); });
}
int release(sqlite3_vtab* raw, int depth) {
  return transaction_step(raw, [=](Table& table) { table.release(depth); });
}
int roll_back_to(sqlite3_vtab* raw, int depth) {
  return transaction_step(raw, [=](Table& table) { table.roll_back_to(depth); });
}

// No xCreate: such a table is eponymous only, CREATE VIRTUAL TABLE cannot name it.
constexpr sqlite3_module make_module(bool writable) {
  sqlite3_module module{};
  module.iVersion = 2;
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = at_end;
  module.xColumn = column;
  module.xRowid = rowid;
  if (!writable) return module;
  module.xUpdate = update;
  module.xBegin = begin;
  module.xSync = sync;
  module.xCommit = commit;
  module.xRollback = roll_back;
  module.xSavepoint = savepoint;
  module.xRelease = release;
  module.xRollbackTo = roll_back_to;
  return module;
}

constexpr sqlite3_module kReadOnlyModule = make_module(false);
constexpr sqlite3_module kWritableModule = make_module(true);

void destroy(void* binding) { drop_binding(static_cast<ModuleBinding*>(binding)); }

}  // namespace

int register_table(sqlite3* connection, const Entry& entry, const std::shared_ptr<Host>& host) {
  auto binding = std::make_unique<ModuleBinding>(ModuleBinding{host, &entry});
  const sqlite3_module& module = entry.table->writable ? kWritableModule : kReadOnlyModule;
  // SQLite calls destroy() when it fails, too.
  return sqlite3_create_module_v2(connection, entry.name, &module, binding.release(), destroy);
}

}  // namespace sqbackup
