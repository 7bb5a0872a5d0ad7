// Randomness of the operating system.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace sqbackup {

Status fill_random(ByteSpan out);   // cryptographically secure
Result<std::string> random_uuid();  // version 4, lower case, RFC 9562

}  // namespace sqbackup
