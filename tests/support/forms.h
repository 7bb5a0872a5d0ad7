// The forms in which backups are stored, for tests that must hold in each of them.
#pragma once

#include <vector>

#include "engine/stored_form.h"
#include "support/test.h"

namespace sqbackup_test {

inline std::vector<sqbackup::StoredForm> forms() {
  sqbackup::StoredForm compressed;
  compressed.compressed = true;
  compressed.zstd.frame_bytes = 64 << 10;  // several frames in a small database
  return {{}, compressed};
}

}  // namespace sqbackup_test

// One of them, in a Catch test case.
#define EACH_FORM() GENERATE(from_range(sqbackup_test::forms()))
