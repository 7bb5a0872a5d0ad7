// HKDF-SHA256 (RFC 5869): a key made of other keys.
#pragma once

#include "base/secret.h"
#include "base/status.h"

namespace sqbackup {

// 32 bytes: the first block of the RFC's output. Salt and info may be empty.
Result<Secret> hkdf_sha256(ByteView key, ByteView salt, std::string_view info);

}  // namespace sqbackup
