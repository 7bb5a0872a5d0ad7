// Host: what all functions and tables of one connection share. Each registration holds it; SQLite drops the
// last one when the connection closes.
#pragma once

#include <memory>
#include <span>

#include "service/database.h"
#include "surface/loaded.h"

namespace sqbackup {

struct Entry;
class StagedBackups;

struct Host {
  Host(Env env, sqlite3* connection, std::span<const Entry> all) : session(env, connection), entries(all) {}
  ~Host() { mark_unloaded(session.connection()); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Session session;
  std::span<const Entry> entries;  // everything that is registered: what backup_help lists
  std::shared_ptr<StagedBackups>
      staged_backups;  // what the open transaction will do to backups; null: nothing yet
};

// Drops `binding`, which holds a Host, for an xDestroy. In a forked child nothing of the parent's may be
// locked or freed: there it is leaked.
template <typename Binding>
void drop_binding(Binding* binding) {
  if (binding->host->session.check().ok()) delete binding;
}

}  // namespace sqbackup
