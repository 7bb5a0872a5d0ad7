#include "pages/progress_handler.h"

namespace sqbackup {
namespace {

constexpr int kInstructionsPerTick = 100000;

}  // namespace

ProgressHandler::ProgressHandler(Connection& connection, Progress& progress)
    : connection_(connection), progress_(progress) {
  sqlite3_progress_handler(connection_.handle(), kInstructionsPerTick, &ProgressHandler::tick, this);
}

ProgressHandler::~ProgressHandler() { sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr); }

int ProgressHandler::tick(void* self) {
  auto* handler = static_cast<ProgressHandler*>(self);
  try {
    handler->stop_ = handler->progress_.advance(0);
  } catch (...) {
    handler->thrown_ = std::current_exception();
    return 1;
  }
  return handler->stop_.ok() ? 0 : 1;
}

Status ProgressHandler::stopped() const {
  if (thrown_) std::rethrow_exception(thrown_);
  return stop_;
}

}  // namespace sqbackup
