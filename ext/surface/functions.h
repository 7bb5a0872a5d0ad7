// The SQL functions, one file per family. Registered in ext/entry.cc, described there and in docs/reference/.
#pragma once

#include "base/status.h"
#include "surface/call.h"

namespace sqbackup {

// functions_backup.cc
Status sql_backup_now(Call& call);
Status sql_backup_delete(Call& call);

// functions_restore.cc
Status sql_backup_restore(Call& call);
Status sql_backup_verify(Call& call);

// functions_rekey.cc
Status sql_backup_rekey(Call& call);

// functions_remote.cc
Status sql_backup_upload(Call& call);
Status sql_backup_download(Call& call);
Status sql_backup_adopt(Call& call);

// functions_scheduler.cc
Status sql_backup_start(Call& call);
Status sql_backup_stop(Call& call);

// functions_retention.cc
Status sql_backup_prune(Call& call);

// functions_drill.cc
Status sql_backup_drill(Call& call);

// functions_settings.cc
Status sql_backup_config(Call& call);

// functions_check.cc
Status sql_backup_check(Call& call);

// functions_metrics.cc
Status sql_backup_metrics(Call& call);

// functions_status.cc
Status sql_backup_status(Call& call);
Status sql_backup_version(Call& call);

}  // namespace sqbackup
