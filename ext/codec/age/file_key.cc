#include "codec/age/file_key.h"

#include "base/random.h"
#include "codec/hkdf.h"
#include "codec/hmac.h"

namespace sqbackup {

Result<AgeFileKey> AgeFileKey::random() {
  Secret bytes(kSize);
  SQB_TRY(fill_random(bytes.span()));
  return AgeFileKey(std::move(bytes));
}

Result<AgeMac> age_header_mac(const AgeFileKey& key, std::string_view text) {
  SQB_ASSIGN(const Secret mac_key, hkdf_sha256(key.bytes(), {}, "header"));
  return hmac_sha256(mac_key.bytes(), as_bytes(text));
}

}  // namespace sqbackup
