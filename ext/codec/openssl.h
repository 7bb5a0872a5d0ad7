// How OpenSSL is begun, for the files of this folder.
#pragma once

namespace sqbackup {

// Before the first call of OpenSSL. The library lives in somebody else's process: no exit handler, and the
// host's openssl.cnf is none of its business.
void prepare_openssl();

}  // namespace sqbackup
