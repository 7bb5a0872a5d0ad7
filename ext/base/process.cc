#include "base/process.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace sqbackup {

int process_id() { return getpid(); }

std::string host_name() {
  std::array<char, 256> host{};
  return gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

std::string process_actor() {
  // The environment, not the user database: looking there loads name services into the host.
  const char* user = std::getenv("LOGNAME");
  if (user == nullptr || *user == '\0') user = std::getenv("USER");
  std::string actor = user != nullptr && *user != '\0' ? user : "uid " + std::to_string(geteuid());
  const std::string host = host_name();
  if (!host.empty()) actor.append("@").append(host);
  return actor + " pid " + std::to_string(getpid());
}

}  // namespace sqbackup
