#include "base/process.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace sqbackup {

int process_id() { return getpid(); }

std::string process_actor() {
  // The environment, not the user database: looking there loads name services into the host.
  const char* user = std::getenv("LOGNAME");
  if (user == nullptr || *user == '\0') user = std::getenv("USER");
  std::string actor = user != nullptr && *user != '\0' ? user : "uid " + std::to_string(geteuid());
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) actor.append("@").append(host.data());
  return actor + " pid " + std::to_string(getpid());
}

}  // namespace sqbackup
