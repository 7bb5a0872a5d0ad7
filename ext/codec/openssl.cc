#include "codec/openssl.h"

#include <openssl/crypto.h>

namespace sqbackup {

void prepare_openssl() {
  static const int done = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  static_cast<void>(done);  // a failure shows in the first digest
}

}  // namespace sqbackup
