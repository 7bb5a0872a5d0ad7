// Keys in Bech32, and files of them: whatever the text, it is refused with a message of moderate length, or
// it is written again as the same text, in small letters.
#include <algorithm>
#include <cstdlib>

#include "codec/age/bech32.h"
#include "codec/age/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sqbackup;
  const auto lower = [](std::string text) {
    for (char& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
  };
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto decoded = bech32_decode(text);
  if (decoded.ok()) {
    if (bech32_encode(lower(decoded->prefix), decoded->data.bytes()) != lower(text)) std::abort();
  } else if (decoded.status().message().size() > 100) {
    std::abort();
  }
  const auto recipient = AgeRecipient::parse(text);
  if (recipient.ok() ? recipient->text() != text : recipient.status().message().size() > 300) std::abort();
  const auto identities = parse_identities(text);
  if (!identities.ok() && identities.status().message().size() > 300) std::abort();
  return 0;
}
