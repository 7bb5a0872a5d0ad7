// Environment variables for the time of a test.
#pragma once

#include <cstdlib>

#include "support/forms.h"

namespace sqbackup_test {

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

// From now on every backup is compressed and encrypted, and the key is here.
class CompressedAndEncrypted {
  const std::string recipients_ = test_keys().identities.front().recipient().text();
  const Variable format_{"SQBACKUP_FORMAT", "zstd"};
  const Variable encrypt_to_{"SQBACKUP_ENCRYPT_TO", recipients_.c_str()};
  const Variable identity_{"SQBACKUP_IDENTITY", kTestIdentity};
};

// From now on every backup holds rows, compressed and encrypted, and the key is here.
class EncryptedRows : CompressedAndEncrypted {
  const Variable format_{"SQBACKUP_FORMAT", "json+zstd"};
};

// Both keys are here: a backup may be for the one or for the other.
class BothKeys {
  const std::string identities_ = std::string(kTestIdentity) + "\n" + kOtherIdentity;
  const Variable identity_{"SQBACKUP_IDENTITY", identities_.c_str()};
};

}  // namespace sqbackup_test
