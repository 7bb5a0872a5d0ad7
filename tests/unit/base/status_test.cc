#include "base/status.h"

#include <cerrno>
#include <memory>
#include <set>

#include "support/test.h"

using namespace sqbackup;

namespace {

Result<std::unique_ptr<int>> half_of(int number) {
  if (number % 2 != 0) return Status(Error::kBadArgument, "odd");
  return std::make_unique<int>(number / 2);
}

Status quarter_of(int number, int& quarter) {
  SQB_ASSIGN(const auto half, half_of(number));
  SQB_ASSIGN(const auto result, half_of(*half));
  quarter = *result;
  return {};
}

Status twice(int number, int& calls) {
  int ignored = 0;
  SQB_TRY(quarter_of(number, ignored));
  ++calls;
  SQB_TRY(quarter_of(number, ignored));
  ++calls;
  return {};
}

}  // namespace

TEST_CASE("an error carries its text, its stable code and its kind") {
  const Status status(Error::kRestoreNotAllowed, "refused: allow_restore is off");
  CHECK_FALSE(status.ok());
  CHECK(status.is(Error::kRestoreNotAllowed));
  CHECK_FALSE(status.is(Error::kPinned));
  CHECK(status.code() == Code::kDenied);
  CHECK(status.to_string() == "refused: allow_restore is off [SQB-AUTH-01]");
}

TEST_CASE("success is no error and says ok") {
  CHECK(Status().ok());
  CHECK(Status().to_string() == "ok");
  CHECK_FALSE(Status().is(Error::kBadArgument));
  CHECK(Status().with_context("backup").ok());
}

TEST_CASE("context goes before the message and keeps the rest") {
  const Status status =
      Status(Error::kSqliteFailed, "disk I/O error", 10).with_context("cannot count 'users'");
  CHECK(status.message() == "cannot count 'users': disk I/O error");
  CHECK(status.is(Error::kSqliteFailed));
  CHECK(status.sqlite_code() == 10);
}

TEST_CASE("the first error ends a function and is what it returns") {
  int quarter = 0;
  CHECK(quarter_of(12, quarter).ok());
  CHECK(quarter == 3);
  CHECK(quarter_of(6, quarter).is(Error::kBadArgument));
  int calls = 0;
  CHECK(twice(6, calls).is(Error::kBadArgument));
  CHECK(calls == 0);
  CHECK(twice(8, calls).ok());
  CHECK(calls == 2);
}

TEST_CASE("the reason of a failed system call decides the error") {
  CHECK(errno_status("write", "/x", ENOSPC).is(Error::kDiskFull));
  CHECK(errno_status("write", "/x", EDQUOT).is(Error::kDiskFull));
  CHECK(errno_status("open", "/x", ENOENT).is(Error::kNoSuchFile));
  CHECK(errno_status("open", "/x", EACCES).is(Error::kNoPermission));
  CHECK(errno_status("open", "/x", EROFS).is(Error::kNoPermission));
  CHECK(errno_status("create", "/x", EEXIST).is(Error::kAlreadyExists));
  CHECK(errno_status("open", "/x", ELOOP).is(Error::kNotAnOrdinaryFile));
  CHECK(errno_status("read", "/x", EIO).is(Error::kIoError));
  CHECK(errno_status("read", "/x", EIO).message() == "cannot read '/x': Input/output error");
}

TEST_CASE("no two errors share a stable code") {
  std::set<std::string_view> ids;
  int errors = 0;
#define SQB_ERROR(name, id, code, title) \
  ids.insert(id);                        \
  ++errors;
#include "base/errors.def"
#undef SQB_ERROR
  CHECK(ids.size() == static_cast<std::size_t>(errors));
}
