// The engines of this process: which Database belongs to which file.
#include <algorithm>
#include <atomic>

#include "base/fork_gate.h"
#include "base/process.h"
#include "pages/fork_mutexes.h"
#include "service/courier.h"
#include "service/database.h"
#include "service/keeper.h"

namespace sqbackup {
namespace {

struct Registry {
  explicit Registry(Registry* parents) : previous(parents) {}

  const int pid = process_id();
  Registry* const
      previous;  // of the parent process: never touched, its mutex may be held by a thread that is not here
  Mutex mutex;
  std::map<std::string, std::weak_ptr<Database>> databases SQB_GUARDED_BY(mutex);
  std::weak_ptr<WorkerPool> pool SQB_GUARDED_BY(mutex);
  std::weak_ptr<WorkerPool> courier_pool SQB_GUARDED_BY(mutex);
};

// Never destroyed: connections may be closed after static destructors have run.
std::atomic<Registry*> current_registry{nullptr};

Registry& registry() {
  Registry* current = current_registry.load(std::memory_order_acquire);
  while (current == nullptr || current->pid != process_id()) {
    auto fresh = std::make_unique<Registry>(current);
    if (current_registry.compare_exchange_strong(current, fresh.get(), std::memory_order_acq_rel)) {
      return *fresh.release();
    }
  }
  return *current;
}

// Takes the engine away that the last connection has let go. (In a forked child none does: ~Session.)
struct Retire {
  void operator()(Database* database) const {
    std::unique_ptr<Database> owned(database);
    Registry& engines = registry();
    MutexLock lock(engines.mutex);
    const auto entry = engines.databases.find(owned->path());
    // A new one may have been made for the file since the last holder let go.
    if (entry != engines.databases.end() && entry->second.expired()) engines.databases.erase(entry);
  }
};

// Made when there is none.
std::shared_ptr<WorkerPool> shared(std::weak_ptr<WorkerPool> Registry::*place, const Env& env,
                                   unsigned most_threads) {
  Registry& engines = registry();
  MutexLock lock(engines.mutex);
  auto pool = (engines.*place).lock();
  if (!pool) {
    hold_sqlite_mutexes_at_fork();
    watch_forks();  // after it, to come before it at a fork
    pool = std::make_shared<WorkerPool>(*env.clock, most_threads);
    engines.*place = pool;
  }
  return pool;
}

}  // namespace

std::shared_ptr<Database> shared_database(const Env& env, const std::string& path) {
  Registry& engines = registry();
  // Made before the lock is taken and let go after it, because Retire takes it too: also when memory runs
  // out.
  std::shared_ptr<Database> fresh(std::make_unique<Database>(env, path).release(), Retire{});
  MutexLock lock(engines.mutex);
  std::weak_ptr<Database>& entry = engines.databases[path];
  if (auto existing = entry.lock()) return existing;
  entry = fresh;
  return fresh;
}

std::shared_ptr<WorkerPool> shared_pool(const Env& env) {
  constexpr unsigned kFewest = 2;  // one long run shall not keep all others waiting
  constexpr unsigned kMost = 4;
  return shared(&Registry::pool, env, std::clamp(std::thread::hardware_concurrency(), kFewest, kMost));
}

std::shared_ptr<WorkerPool> shared_courier_pool(const Env& env) {
  constexpr unsigned kMost = 4;  // they wait, and need no processor
  return shared(&Registry::courier_pool, env, kMost);
}

std::vector<std::shared_ptr<Database>> Database::all() {
  Registry& engines = registry();
  std::vector<std::shared_ptr<Database>> found;  // let go after the mutex: Retire takes it
  MutexLock lock(engines.mutex);
  for (const auto& [path, entry] : engines.databases) {
    if (auto database = entry.lock()) found.push_back(std::move(database));
  }
  return found;
}

std::size_t Database::live_count() {
  Registry& engines = registry();
  MutexLock lock(engines.mutex);
  return engines.databases.size();
}

}  // namespace sqbackup
