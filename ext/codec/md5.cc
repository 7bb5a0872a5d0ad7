#include "codec/md5.h"

#include <openssl/evp.h>

#include "codec/openssl.h"

namespace sqbackup {

std::string md5(ByteView bytes) {
  prepare_openssl();
  std::string hash(16, '\0');
  auto* out = reinterpret_cast<unsigned char*>(hash.data());
  if (EVP_Digest(bytes.data(), bytes.size(), out, nullptr, EVP_md5(), nullptr) != 1) return {};
  return hash;
}

}  // namespace sqbackup
