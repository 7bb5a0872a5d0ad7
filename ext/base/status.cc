#include "base/status.h"

#include <cerrno>
#include <system_error>

namespace sqbackup {
namespace {

struct Row {
  std::string_view id;
  Code code;
};

constexpr Row kRows[] = {
#define SQB_ERROR(name, id, code, title) {id, code},
#include "base/errors.def"
#undef SQB_ERROR
};

const Row& row(Error error) { return kRows[static_cast<int>(error)]; }

}  // namespace

Code code_of(Error error) { return row(error).code; }
std::string_view id_of(Error error) { return row(error).id; }

Status::Status(Error error, std::string message) : Status(error, std::move(message), 0) {}

Status::Status(Error error, std::string message, int sqlite_code)
    : rep_(std::make_shared<const Rep>(Rep{error, std::move(message), sqlite_code})) {}

std::string Status::to_string() const {
  if (ok()) return "ok";
  return rep_->message + " [" + std::string(id_of(rep_->error)) + "]";
}

Status Status::with_context(std::string_view context) const {
  if (ok()) return *this;
  return {rep_->error, std::string(context) + ": " + rep_->message, rep_->sqlite_code};
}

Status errno_status(std::string_view operation, std::string_view path, int error_number) {
  std::string text = "cannot ";
  text.append(operation).append(" '").append(path).append("': ");
  text += std::generic_category().message(error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {Error::kDiskFull, text + "; free some space or choose another directory"};
    case ENOENT:
    case ENOTDIR:
      return {Error::kNoSuchFile, text};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Error::kNoPermission, text + "; check the owner and the permissions"};
    case EEXIST:
      return {Error::kAlreadyExists, text};
    case ELOOP:
      return {Error::kNotAnOrdinaryFile, text + "; symbolic links are not followed here"};
    case ENOMEM:
      return {Error::kNoMemory, text};
    default:
      return {Error::kIoError, text};
  }
}

}  // namespace sqbackup
