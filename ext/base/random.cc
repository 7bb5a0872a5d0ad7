#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

namespace sqbackup {

Status fill_random(ByteSpan out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_status("read", "getrandom", errno);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<std::string> random_uuid() {
  std::array<std::uint8_t, 16> bytes;
  SQB_TRY(fill_random(bytes));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // the RFC's variant
  std::string text = to_hex(bytes);
  for (std::size_t position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
  return text;
}

}  // namespace sqbackup
