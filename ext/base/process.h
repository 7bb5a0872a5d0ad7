// This process: its id, and who it is for manifests and the log.
#pragma once

#include <string>

namespace sqbackup {

int process_id();

std::string host_name();  // of this machine; empty: it cannot be told

// "user@host pid 123"; the user's number where the environment names none.
std::string process_actor();

}  // namespace sqbackup
