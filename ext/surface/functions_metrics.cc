#include "service/metrics.h"
#include "surface/functions.h"

namespace sqbackup {

Status sql_backup_metrics(Call& call) {
  // Asking is a use of the connection's own database, as for every other call: without that, a shell that is
  // started for this one statement would have nothing to tell.
  SQB_ASSIGN(const Session::Target own, call.session().attached("main"));
  call.return_text(metrics_text(look_at_fleet()));
  return {};
}

}  // namespace sqbackup
