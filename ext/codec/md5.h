// MD5 (RFC 1321), for protocols that ask for it. It proves nothing against anybody who means harm.
#pragma once

#include <string>

#include "base/bytes.h"

namespace sqbackup {

// 16 bytes; empty where OpenSSL has no MD5, or no memory.
std::string md5(ByteView bytes);

}  // namespace sqbackup
