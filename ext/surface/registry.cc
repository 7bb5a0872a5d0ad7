#include "surface/registry.h"

#include "surface/guard.h"
#include "surface/result.h"
#include "surface/sql_text.h"

namespace sqbackup {
namespace {

struct FunctionBinding {
  std::shared_ptr<Host> host;
  const Entry* entry;
};

// SQLITE_DIRECTONLY has a hole: SQLite does not enforce it inside CHECK constraints, where it marks only
// deterministic functions as coming from the schema (seen on 3.40.1, with load_extension() too). So some
// running statement must call the function itself.
Status check_named(sqlite3* connection, const char* name) {
  for (auto* statement = sqlite3_next_stmt(connection, nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(connection, statement)) {
    if (sqlite3_stmt_busy(statement) == 0) continue;
    const char* sql = sqlite3_sql(statement);
    if (sql != nullptr && calls_function(sql, name)) return {};
  }
  return {Error::kFromSchema,
          "refused: a constraint, view or trigger calls it; only a statement that names it itself may"};
}

Status run(const FunctionBinding& binding, sqlite3_context* context, std::span<sqlite3_value*> arguments) {
  SQB_TRY(binding.host->session.check());
  SQB_TRY(check_named(binding.host->session.connection(), binding.entry->name));
  Call call(binding.host->session, context, arguments);
  return binding.entry->function(call);
}

void call_function(sqlite3_context* context, int count, sqlite3_value** values) {
  guard(context, [&] {
    const auto& binding = *static_cast<const FunctionBinding*>(sqlite3_user_data(context));
    const Status status = run(binding, context, {values, static_cast<std::size_t>(count)});
    if (!status.ok()) set_error(context, binding.entry->name, status);
  });
}

void destroy(void* binding) { drop_binding(static_cast<FunctionBinding*>(binding)); }

}  // namespace

int register_function(sqlite3* connection, const Entry& entry, const std::shared_ptr<Host>& host) {
  // Never from the schema: a view or trigger of a hostile database shall not reach files through it.
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  for (int count = entry.min_arguments; count <= entry.max_arguments; ++count) {
    auto binding = std::make_unique<FunctionBinding>(FunctionBinding{host, &entry});
    // SQLite calls destroy() when it fails, too.
    const int code = sqlite3_create_function_v2(connection, entry.name, count, kFlags, binding.release(),
                                                call_function, nullptr, nullptr, destroy);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

}  // namespace sqbackup
