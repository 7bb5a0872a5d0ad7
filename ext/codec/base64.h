// Base64 of RFC 4648, section 4: the ordinary alphabet, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sqbackup {

std::string base64_encode(ByteView bytes);

// The bytes, as a string. nullopt: a foreign character (line ends and blanks too), a wrong length or padding,
// or bits that stand for nothing and are not 0.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace sqbackup
