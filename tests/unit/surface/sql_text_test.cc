#include "surface/sql_text.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("a call is seen however it is written") {
  for (const char* sql :
       {"SELECT backup_now()", "select BACKUP_NOW ( )", "SELECT \"backup_now\"()", "SELECT `Backup_Now`()",
        "SELECT [backup_now]()", "SELECT backup_now/* x */()", "SELECT backup_now -- it\n()",
        "SELECT 'it''s', backup_now()", "SELECT 'backup_now(', backup_now('x')", "SELECT 1+backup_now()"}) {
    INFO(sql);
    CHECK(calls_function(sql, "backup_now"));
  }
}

TEST_CASE("what merely holds the name is no call") {
  for (const char* sql :
       {"", "SELECT 'backup_now()'", "INSERT INTO t VALUES('backup_now ( )')", "SELECT 'it''s backup_now()'",
        "SELECT 1 -- backup_now()", "SELECT 1 /* backup_now() */", "SELECT backup_now",
        "SELECT my_backup_now()", "SELECT backup_now2()", "SELECT \"backup_now\"", "SELECT \"backup_now()\"",
        "SELECT \"backup_now\", (1)", "SELECT backup_now 'x' (1)", "SELECT 'unterminated backup_now()",
        "SELECT /* backup_now()",
        "SELECT \xc3\xa4"
        "backup_now()"}) {
    INFO(sql);
    CHECK_FALSE(calls_function(sql, "backup_now"));
  }
}
