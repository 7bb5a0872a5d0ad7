// Catalog::healing(): what every method of the catalog runs inside. Internal to catalog/.
#pragma once

#include "catalog/catalog.h"
#include "catalog/catalog_schema.h"

namespace sqbackup {

inline const Status& status_of(const Status& status) { return status; }
template <typename T>
const Status& status_of(const Result<T>& result) {
  return result.status();
}

// Runs `work`. Where that meets damage in the catalog's file, the file is set aside, the list rebuilt from
// the manifests, and `work` run once more. So `work` must be safe to repeat after a failure.
template <typename Work>
auto Catalog::healing(Work work) -> decltype(work()) {
  auto outcome = work();
  if (!is_damage(status_of(outcome))) return outcome;
  SQB_TRY(heal());
  return work();
}

}  // namespace sqbackup
