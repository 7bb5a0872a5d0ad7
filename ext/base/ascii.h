// Letters as SQL, HTTP and our own settings compare them: A to Z are a to z, and nothing else is like
// another.
#pragma once

#include <string>
#include <string_view>

namespace sqbackup {

std::string ascii_lower(std::string_view text);

}  // namespace sqbackup
