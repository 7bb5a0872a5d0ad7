#include "engine/schema_gate.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>

#include "base/ascii.h"

namespace sqbackup {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class Authorizer {
 public:
  Authorizer(sqlite3* connection,
             int (*authorize)(void*, int, const char*, const char*, const char*, const char*), void* self)
      : connection_(connection) {
    sqlite3_set_authorizer(connection_, authorize, self);
  }
  ~Authorizer() { sqlite3_set_authorizer(connection_, nullptr, nullptr); }
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

 private:
  sqlite3* connection_;
};

std::string_view view_of(const char* text) { return text != nullptr ? text : ""; }

bool is_schema_table(std::string_view name) { return name == "sqlite_master" || name == "sqlite_schema"; }

}  // namespace

int SchemaGate::authorize(void* self, int action, const char* first, const char* second, const char* schema,
                          const char*) {
  auto* gate = static_cast<SchemaGate*>(self);
  try {
    if (gate->allow(action, first, second, schema)) return SQLITE_OK;
  } catch (const std::bad_alloc&) {  // what is not known is not allowed
  }
  gate->denied_ = true;
  return SQLITE_DENY;
}

// SQLite asks for each thing that the statement would do (https://sqlite.org/c3ref/c_alter_table.html).
bool SchemaGate::allow(int action, const char* first, const char* second, const char* schema) {
  const auto creates = [&](std::string_view type, std::string_view table) {
    ++created_;
    return object_->type == type && object_->name == view_of(first) && object_->table == table &&
           view_of(schema) == "main";
  };
  switch (action) {
    case SQLITE_CREATE_TABLE:
      // AUTOINCREMENT makes it.
      if (view_of(first) == "sqlite_sequence" && object_->name != "sqlite_sequence") return true;
      return creates("table", view_of(first));
    case SQLITE_CREATE_VTABLE:
      virtual_ = true;
      return creates("table", view_of(first));
    case SQLITE_CREATE_INDEX:
      // UNIQUE and PRIMARY KEY make some.
      if (object_->type == "table")
        return view_of(first).starts_with("sqlite_autoindex_") && object_->name == view_of(second);
      return creates("index", view_of(second));
    case SQLITE_CREATE_VIEW:
      return creates("view", view_of(first));
    case SQLITE_CREATE_TRIGGER:
      return creates("trigger", view_of(second));
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
      return is_schema_table(view_of(first)) && view_of(schema) == "main";
    case SQLITE_REINDEX:
      return object_->type == "index" && object_->name == view_of(first);
    case SQLITE_FUNCTION:  // in CHECK, generated columns and indexes
      functions_.insert(ascii_lower(std::string(view_of(second))));
      return true;
    case SQLITE_READ:
      return true;
    default:
      return false;
  }
}

Status SchemaGate::refused(const std::string& why) const {
  return {Error::kStoredBytesDamaged, "its statement " + why + " and was not run"};
}

Status SchemaGate::create(const SnapshotObject& object) {
  object_ = &object;
  const std::string context = object.type + " '" + object.name + "'";
  if (object.sql.find('\0') != std::string::npos) return refused("holds a NUL").with_context(context);
  const Authorizer authorizer(connection_.handle(), &SchemaGate::authorize, this);
  Status done = prepare_and_run();
  while (stand_ins_ != nullptr && stand_ins_->for_missing_function(done)) done = prepare_and_run();
  return done.ok() ? done : done.with_context(context);
}

Status SchemaGate::prepare_and_run() {
  created_ = 0;
  virtual_ = denied_ = false;
  functions_.clear();
  const std::string& sql = object_->sql;
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v2(connection_.handle(), sql.c_str(), static_cast<int>(sql.size()), &handle, &rest);
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(handle);
  if (denied_) return refused("does more than to create it");
  if (code != SQLITE_OK) return sqlite_status("sqlite", connection_.handle());
  if (handle == nullptr || created_ != 1 || sqlite3_stmt_isexplain(handle) != 0)
    return refused("does not create it");
  if (std::string_view(rest).find_first_not_of(" \t\r\n\f;") != std::string_view::npos)
    return refused("is followed by another one");
  if (virtual_) return {};
  const int stepped = sqlite3_step(handle);
  if (denied_) return refused("does more than to create it");
  return stepped == SQLITE_DONE ? Status() : sqlite_status("sqlite", connection_.handle());
}

bool SchemaGate::used_stand_in() const {
  return stand_ins_ != nullptr && std::any_of(functions_.begin(), functions_.end(), [this](const auto& name) {
           return stand_ins_->functions().count(name) > 0;
         });
}

}  // namespace sqbackup
