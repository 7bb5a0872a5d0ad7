// The key of one age file: 16 random bytes, from which the header's MAC and the payload's key are made.
#pragma once

#include <array>

#include "base/secret.h"
#include "base/status.h"

namespace sqbackup {

class AgeFileKey {
 public:
  static constexpr std::size_t kSize = 16;

  static Result<AgeFileKey> random();
  explicit AgeFileKey(Secret bytes) : bytes_(std::move(bytes)) {}  // kSize of them
  AgeFileKey copy() const { return AgeFileKey(Secret(bytes_.bytes())); }

  ByteView bytes() const { return bytes_.bytes(); }

 private:
  Secret bytes_;
};

using AgeMac = std::array<std::uint8_t, 32>;

// The MAC of a header; `text` is the header up to and including its "---".
Result<AgeMac> age_header_mac(const AgeFileKey& key, std::string_view text);

}  // namespace sqbackup
