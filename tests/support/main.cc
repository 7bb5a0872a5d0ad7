#define CATCH_CONFIG_RUNNER
#include "support/sqlite_api.h"
#include "support/test.h"

int main(int argc, char** argv) {
  sqbackup_test::install_sqlite_api();
  return Catch::Session().run(argc, argv);
}
