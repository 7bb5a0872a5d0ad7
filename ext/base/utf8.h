// UTF-8: the form of text that SQL, JSON and Prometheus agree on.
#pragma once

#include "base/bytes.h"

namespace sqbackup {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

// The first code point of `text`, which is not empty. Overlong forms and surrogates are no UTF-8 (RFC 3629).
CodePoint first_code_point(ByteView text);

}  // namespace sqbackup
