// SHA-256 over OpenSSL (FIPS 180-4), as a stream.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace sqbackup {

class Sha256 {
 public:
  static Result<Sha256> create();  // fails on memory shortage only
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void update(ByteView bytes);
  std::string finish_hex();  // 64 lower-case digits; the object is spent

 private:
  struct Context;
  explicit Sha256(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

Result<std::string> sha256_hex(ByteView bytes);

std::string crypto_version();  // of the OpenSSL that is linked in

}  // namespace sqbackup
