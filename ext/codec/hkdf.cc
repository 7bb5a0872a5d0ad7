#include "codec/hkdf.h"

#include <string>

#include "codec/hmac.h"

namespace sqbackup {

Result<Secret> hkdf_sha256(ByteView key, ByteView salt, std::string_view info) {
  SQB_ASSIGN(HmacSha256 extracted, hmac_sha256(salt, key));
  const std::string block = std::string(info) + '\1';
  auto expanded = hmac_sha256(extracted, as_bytes(block));
  wipe(extracted);
  if (!expanded.ok()) return expanded.status();
  Secret derived{ByteView(*expanded)};
  wipe(*expanded);
  return derived;
}

}  // namespace sqbackup
