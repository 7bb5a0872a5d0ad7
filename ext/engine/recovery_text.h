// RECOVERY.txt: a page for somebody who has nothing but the place in the object store: what the objects are,
// and how to restore from them, by hand and with sqbackup.
#pragma once

#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/status.h"
#include "store/object_store.h"

namespace sqbackup {

// `url` is that of the place, which ends in '/' and holds no secret; `database_file` the file name of the
// database, without a directory. The same for the same two.
std::string recovery_text(std::string_view url, std::string_view database_file);

// Puts it where it is missing or other.
Status write_recovery_text(ObjectStore& store, std::string_view database_file, const Cancel& cancel);

}  // namespace sqbackup
