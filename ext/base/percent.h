// Percent-encoding of RFC 3986.
#pragma once

#include <string>
#include <string_view>

namespace sqbackup {

// Every byte but A-Z a-z 0-9 - . _ ~ and those of `kept` becomes %XX with upper-case digits.
std::string percent_encode(std::string_view bytes, std::string_view kept = {});

}  // namespace sqbackup
