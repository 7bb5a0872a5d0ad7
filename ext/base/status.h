// Status: the outcome of an operation that can fail. Result<T>: a value or the Status that explains its
// absence.
//
// An error says what failed, why, and what to do, in one lower-case line without secrets. Its Error names a
// row of errors.def, which gives the stable code that users see and the kind that decides the SQLite result
// code.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sqbackup {

// What kind of failure it is; surface/ maps each kind to one SQLite result code.
enum class Code {
  kInvalid,
  kDenied,
  kNotFound,
  kExists,
  kBusy,
  kNotADatabase,
  kCorrupt,
  kFull,
  kIo,
  kReadOnly,
  kNetwork,
  kInterrupted,
  kSqlite,
  kFailed,  // what was examined did not pass
  kNoMemory,
  kInternal,
};

enum class Error {
#define SQB_ERROR(name, id, code, title) name,
#include "base/errors.def"
#undef SQB_ERROR
};

Code code_of(Error error);
std::string_view id_of(Error error);  // "SQB-AUTH-01"

// Success costs one null pointer. Copies share the text.
class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(Error error, std::string message);
  // An SQLite error: `sqlite_code` is the (extended) result code, kept for the caller of the SQL function.
  Status(Error error, std::string message, int sqlite_code);

  bool ok() const { return rep_ == nullptr; }
  // The rest may be called on errors only.
  Error error() const { return rep_->error; }
  Code code() const { return code_of(rep_->error); }
  const std::string& message() const { return rep_->message; }
  int sqlite_code() const { return rep_->sqlite_code; }  // 0: none
  std::string to_string() const;                         // "message [SQB-...]", "ok"

  bool is(Error error) const { return rep_ != nullptr && rep_->error == error; }
  // The same error with `context` and ": " before its message.
  Status with_context(std::string_view context) const;

 private:
  struct Rep {
    Error error;
    std::string message;
    int sqlite_code;
  };
  std::shared_ptr<const Rep> rep_;
};

// The Status for a failed system call: "cannot `operation` `path`: reason", with advice where errno suggests
// some.
Status errno_status(std::string_view operation, std::string_view path, int error_number);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT: implicit on purpose
  Result(Status status) : status_(std::move(status)) {}  // NOLINT: implicit on purpose; an error
  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace sqbackup

#define SQB_CONCAT_INNER(a, b) a##b
#define SQB_CONCAT(a, b) SQB_CONCAT_INNER(a, b)

// Returns from the function if `expression`, a Status, is an error.
#define SQB_TRY(expression)                                                  \
  do {                                                                       \
    if (auto sqb_status = (expression); !sqb_status.ok()) return sqb_status; \
  } while (false)

// SQB_ASSIGN(auto x, f()): x becomes the value of the Result, or the function returns its Status.
#define SQB_ASSIGN(target, expression) SQB_ASSIGN_INNER(SQB_CONCAT(sqb_result_, __LINE__), target, expression)
#define SQB_ASSIGN_INNER(result, target, expression) \
  auto result = (expression);                        \
  if (!result.ok()) return result.status();          \
  target = std::move(result).value()
