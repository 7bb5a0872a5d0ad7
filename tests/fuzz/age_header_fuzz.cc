// Headers of age files, and what follows them: whatever the bytes, they are refused with a message of
// moderate length, or the header is written again as the same bytes; and no file opens with keys that nobody
// used.
#include <algorithm>
#include <cstdlib>

#include "codec/age/in_memory.h"

namespace {

using namespace sqbackup;

// Of the vectors in tests/golden/age, without a passphrase: scrypt would take all the time.
AgeKeys known_keys() {
  auto identity =
      AgeIdentity::parse("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0");
  if (!identity.ok()) std::abort();
  AgeKeys keys;
  keys.identities.push_back(std::move(*identity));
  return keys;
}

void check_message(const Status& status) {
  if (status.message().size() > 300) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const AgeKeys kKeys = known_keys();
  const ByteView file(data, size);
  const auto header = AgeHeader::parse(file);
  const auto opened = age_open(file, kKeys);
  if (!opened.ok()) check_message(opened.status());
  if (!header.ok()) {
    if (opened.ok()) std::abort();
    check_message(header.status());
    return 0;
  }
  const auto written = AgeHeader::write(AgeFileKey(Secret(AgeFileKey::kSize)), header->stanzas());
  if (!written.ok()) std::abort();
  // All but the MAC, which is another key's: 43 characters and the line's end.
  constexpr std::size_t kMac = 44;
  if (written->size() != header->size() ||
      !std::equal(written->begin(), written->end() - kMac, data, data + header->size() - kMac)) {
    std::abort();
  }
  return 0;
}
