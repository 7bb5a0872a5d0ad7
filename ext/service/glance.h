// Glance: how the files of a database looked, to tell cheaply whether it changed.
#pragma once

#include <optional>
#include <string>

#include "base/file_env.h"

namespace sqbackup {

struct Glance {
  FileInfo file;
  std::optional<FileInfo> log;
};

// Whether neither its content nor which file it is has changed, as far as that shows.
bool same_file(const FileInfo& one, const FileInfo& other);

// nullopt: they were written to so lately that a later change might look the same; or they cannot be looked
// at.
std::optional<Glance> glance_at(const Env& env, const std::string& database_path);

// Whether nothing was committed between the two. Every commit and every checkpoint writes to one of the
// files.
bool unchanged(const std::optional<Glance>& before, const std::optional<Glance>& now);

}  // namespace sqbackup
