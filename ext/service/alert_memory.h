// AlertMemory: what is to be told and no file holds, in its order. May be used by several threads.
#pragma once

#include <deque>
#include <optional>

#include "base/mutex.h"
#include "catalog/catalog.h"
#include "net/alerts.h"

namespace sqbackup {

struct RememberedAlert {
  AlertEvent alert;
  std::optional<AlertTargets> to;  // nullopt: it is not settled yet who is told
  bool last_word = false;          // those in `to` will not be told anything else
};

class AlertMemory {
 public:
  void add(RememberedAlert alert) SQB_EXCLUDES(mutex_);  // the oldest gives way to it where there are many
  // The first one; where `before` is given, only if it comes before that: what happened earlier, and
  // everything up to the start of the same run. nullopt: there is none.
  std::optional<RememberedAlert> take(const EventRecord* before) SQB_EXCLUDES(mutex_);
  // It is the first one again. False: a later failure says it too, so it is let go.
  bool put_back(RememberedAlert failure) SQB_EXCLUDES(mutex_);
  void keep_last_words() SQB_EXCLUDES(mutex_);  // and forget the others

 private:
  Mutex mutex_;
  std::deque<RememberedAlert> alerts_ SQB_GUARDED_BY(mutex_);
};

}  // namespace sqbackup
