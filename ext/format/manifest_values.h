// Which values a manifest may hold: the one rule for writing and for reading.
#pragma once

#include <string>

#include "format/manifest.h"

namespace sqbackup {

// What is wrong with the values, each alone and together; empty: nothing.
std::string fault_of_values(const Manifest& manifest);

}  // namespace sqbackup
