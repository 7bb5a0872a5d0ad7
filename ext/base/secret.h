// Secret: bytes that must not outlive their use: keys, passphrases, the texts of identities.
//
// They are wiped when the object goes, never copied unless asked, and never moved about in memory by growth:
// the size is fixed at birth. There is no way to print one; whoever takes bytes() has to answer for it.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace sqbackup {

// Overwrites `bytes` with zeros in a way that no compiler leaves out.
void wipe(ByteSpan bytes);

class Secret {
 public:
  Secret() = default;                 // empty
  explicit Secret(std::size_t size);  // zeros, to be filled through span()
  explicit Secret(ByteView bytes);    // a copy
  Secret(Secret&& other) noexcept;    // leaves `other` empty
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  ByteView bytes() const { return {bytes_.get(), size_}; }
  ByteSpan span() { return {bytes_.get(), size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace sqbackup
