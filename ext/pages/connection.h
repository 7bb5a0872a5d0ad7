// Connection and Statement: own connections to SQLite, closed and finalized by destruction. Not for use by
// two threads at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "pages/sqlite.h"

namespace sqbackup {

// The Status for an SQLite result code: `message` (or the code's own text) after `what`. SQLITE_BUSY/LOCKED
// become kDatabaseBusy, CORRUPT kDatabaseDamaged, NOTADB kNotADatabase, FULL kDiskFull, NOMEM kNoMemory,
// INTERRUPT kInterrupted, READONLY/PERM/AUTH kNoPermission, IOERR/CANTOPEN kIoError, anything else
// kSqliteFailed.
Status sqlite_status(std::string_view what, int code, const char* message);
Status sqlite_status(std::string_view what, sqlite3* connection);  // its latest error

class Statement {
 public:
  Statement() = default;
  Statement(Statement&&) noexcept = default;
  Statement& operator=(Statement&&) noexcept = default;

  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view text);
  void bind(int index, const std::optional<std::int64_t>& value);
  void bind(int index, const std::optional<double>& value);
  void bind(int index, const std::optional<std::string>& value);
  void bind_null(int index);
  // Without a copy: the bytes must stay where they are until the statement is reset or bound anew.
  void bind_borrowed_text(int index, std::string_view text);
  void bind_borrowed_blob(int index, std::string_view bytes);

  Result<bool> step();  // true: a row is there
  Status run();         // steps to the end, then resets
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  // empty for NULL
  bool is_null(int column) const;
  int type(int column) const;  // SQLITE_INTEGER, ...; to be asked before the value is
  // The bytes of a text (as UTF-8) or BLOB, until the next step. kNoMemory.
  Status borrow_text(int column, std::string_view& text) const;
  Status borrow_blob(int column, std::string_view& bytes) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<double> optional_real(int column) const;
  std::optional<std::string> optional_text(int column) const;
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  void bound(int code);
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bind_error_ = 0;  // reported by the next step()
};

class Connection {
 public:
  Connection() = default;
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  // `flags` as sqlite3_open_v2 takes them (never with the host's shared cache), `vfs` empty for the default
  // one. Extended result codes are on.
  static Result<Connection> open(const std::string& file, int flags, const std::string& vfs = {});

  Result<Statement> prepare(std::string_view sql);
  Status execute(const std::string& sql);                    // one or more statements, rows discarded
  Result<std::int64_t> query_integer(std::string_view sql);  // first column of the first row; 0 without a row
  Result<std::string> query_text(std::string_view sql);
  sqlite3* handle() const { return handle_.get(); }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// BEGIN IMMEDIATE now; ROLLBACK at destruction unless commit() succeeded.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;
};

}  // namespace sqbackup
