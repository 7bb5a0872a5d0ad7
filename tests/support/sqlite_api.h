// Hands SQLite's function table to the layers under test, as loading the library does in a host.
#pragma once

namespace sqbackup_test {

void install_sqlite_api();

}  // namespace sqbackup_test
