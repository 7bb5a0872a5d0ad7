// Bech32 (BIP 173) as age writes its keys: without a limit on the length.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace sqbackup {

struct Bech32 {
  std::string prefix;  // what stands before the last '1', in the case of the text
  Secret data;         // bytes: it may be a key
};

// kBadKey, with a message that begins "has" or "is" and shows nothing of the text: both cases in one text, a
// foreign character, a wrong checksum, or a number of bits that is no number of bytes.
Result<Bech32> bech32_decode(std::string_view text);

// In lower case. `prefix` is printable ASCII without upper-case letters.
std::string bech32_encode(std::string_view prefix, ByteView data);

}  // namespace sqbackup
