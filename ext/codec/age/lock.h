// Who can open an age file, and opening its header: the file key there and back.
#pragma once

#include <string>
#include <vector>

#include "codec/age/header.h"
#include "codec/age/keys.h"

namespace sqbackup {

// For whom a file is encrypted: recipients, each of whom can open it alone, or a passphrase instead.
struct AgeLock {
  static constexpr int kDefaultLog2Work = 18;  // as age has it: 256 MiB of memory, about a second

  std::vector<AgeRecipient> recipients;
  Secret passphrase;                 // empty: none
  int log2_work = kDefaultLog2Work;  // of scrypt, 1 to kMaxLog2Work; for a passphrase only
};

// What a reader holds. Either may be missing; a file takes one of them.
struct AgeKeys {
  std::vector<AgeIdentity> identities;
  Secret passphrase;  // empty: none
};

// The header that gives `key` to those of `lock`. Errors: kBadKey if the lock has neither recipients nor a
// passphrase, or both, more recipients than fit into a header, or no possible work factor; kNoMemory.
Result<std::string> age_header_for(const AgeLock& lock, const AgeFileKey& key);

// The file key of `header`, which is authentic then. Errors: kNoKey if none of the keys opens it, with what
// it takes instead; kStoredBytesDamaged if the header is not what was written; kNoMemory.
Result<AgeFileKey> age_file_key(const AgeHeader& header, const AgeKeys& keys);

// A new header for a file whose bytes from header.size() on stay as they are: those of `lock` can open it
// from then on, and nobody else with the new header alone. Whoever could open the old one may have kept the
// file key, so that this takes nothing back; it adds keys and forgets lost ones. Errors: as above, and
// kStoredBytesDamaged if `key` is not the key of `header`.
Result<std::string> age_rewrap(const AgeHeader& header, const AgeFileKey& key, const AgeLock& lock);

}  // namespace sqbackup
