// X25519 (RFC 7748) over OpenSSL. Scalars and points are 32 bytes each.
#pragma once

#include <array>
#include <optional>

#include "base/secret.h"
#include "base/status.h"

namespace sqbackup {

constexpr std::size_t kX25519Size = 32;
using X25519Point = std::array<std::uint8_t, kX25519Size>;

Result<X25519Point> x25519_public(const Secret& scalar);

// The shared secret. nullopt: it is all zeros, because `point` is of low order; it must not be used.
Result<std::optional<Secret>> x25519_shared(const Secret& scalar, const X25519Point& point);

}  // namespace sqbackup
