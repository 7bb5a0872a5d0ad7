// Base64 of RFC 4648, section 4: the ordinary alphabet, with padding or without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sqbackup {

std::string base64_encode(ByteView bytes);
std::string base64_encode_unpadded(ByteView bytes);

// The bytes, as a string. nullopt: a foreign character (line ends and blanks too), a wrong length or padding,
// or bits that stand for nothing and are not 0.
std::optional<std::string> base64_decode(std::string_view text);
std::optional<std::string> base64_decode_unpadded(std::string_view text);  // any '=' is a foreign character

}  // namespace sqbackup
