// Call: one call of an SQL function: its arguments, its connection, its result.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "service/database.h"
#include "surface/call_progress.h"
#include "surface/options.h"

namespace sqbackup {

class Call {
 public:
  Call(Session& session, sqlite3_context* context, std::span<sqlite3_value*> arguments)
      : session_(session),
        context_(context),
        arguments_(arguments),
        progress_(session.connection(), *session.env().clock) {}

  Session& session() { return session_; }
  Progress& progress() { return progress_; }
  std::size_t count() const { return arguments_.size(); }
  sqlite3_value* value(std::size_t index) const { return arguments_[index]; }

  // Argument `index`, which the errors call `what`: text only. kBadArgument.
  Result<std::string> text(std::size_t index, const char* what) const;
  // The options in argument `index`; NULL or no such argument: none.
  Result<Options> options(std::size_t index, std::span<const OptionSpec> legal) const;

  void return_text(std::string_view text);
  void return_integer(std::int64_t value);

 private:
  Session& session_;
  sqlite3_context* context_;
  std::span<sqlite3_value*> arguments_;
  CallProgress progress_;
};

// The text of an SQL value, NUL characters included.
std::string text_of(sqlite3_value* value);

}  // namespace sqbackup
