// HMAC-SHA256 (RFC 2104), over bytes that are all in memory.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace sqbackup {

using HmacSha256 = std::array<std::uint8_t, 32>;

// A key of any length, an empty one too.
Result<HmacSha256> hmac_sha256(ByteView key, ByteView message);

}  // namespace sqbackup
