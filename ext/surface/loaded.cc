#include "surface/loaded.h"

#include <atomic>
#include <set>

#include "base/mutex.h"
#include "base/process.h"

namespace sqbackup {
namespace {

struct Connections {
  const int pid = process_id();
  Mutex mutex;
  std::set<sqlite3*> loaded SQB_GUARDED_BY(mutex);
};

std::atomic<Connections*> g_connections{nullptr};

// Never freed: connections may close after static destruction. A forked child starts with a list of its own,
// for the parent's mutex may have been held by a thread that the child does not have.
Connections& connections() {
  Connections* current = g_connections.load();
  while (current == nullptr || current->pid != process_id()) {
    auto* fresh = new Connections;
    if (g_connections.compare_exchange_strong(current, fresh)) return *fresh;
    delete fresh;
  }
  return *current;
}

}  // namespace

bool is_loaded(sqlite3* connection) {
  Connections& all = connections();
  MutexLock lock(all.mutex);
  return all.loaded.contains(connection);
}

void mark_loaded(sqlite3* connection) {
  Connections& all = connections();
  MutexLock lock(all.mutex);
  all.loaded.insert(connection);
}

void mark_unloaded(sqlite3* connection) {
  Connections& all = connections();
  MutexLock lock(all.mutex);
  all.loaded.erase(connection);
}

}  // namespace sqbackup
