#include "base/utf8.h"

namespace sqbackup {

CodePoint first_code_point(ByteView text) {
  const std::uint8_t lead = text[0];
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t value = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((text[i] & 0xc0) != 0x80) return {};
    value = (value << 6) | (text[i] & 0x3fU);
  }
  const bool overlong = value < (bytes == 4 ? 0x10000U : bytes == 3 ? 0x800U : 0x80U);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, bytes};
}

}  // namespace sqbackup
