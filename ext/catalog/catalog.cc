#include "catalog/catalog.h"

#include "catalog/catalog_file.h"
#include "catalog/healing.h"

namespace sqbackup {

Catalog::Catalog(Env env, BackupDirectory& directory, Access access, std::string database_path,
                 Ownership ownership)
    : env_(env),
      directory_(directory),
      access_(access),
      database_path_(std::move(database_path)),
      ownership_(ownership) {}

Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::open(const Env& env, BackupDirectory& directory, Access access,
                                               const std::string& database_path, Ownership ownership) {
  if (access == Access::kWrite) SQB_TRY(directory.ensure());
  std::unique_ptr<Catalog> catalog(new Catalog(env, directory, access, database_path, ownership));
  SQB_TRY(catalog->connect(false));
  Status settled = catalog->settle();
  if (is_damage(settled)) settled = catalog->heal();
  if (!settled.ok()) return settled;
  return catalog;
}

Status Catalog::connect(bool suspicious) {
  connection_ = Connection();
  auto opened = open_catalog_file(env_, directory_, suspicious);
  if (access_ == Access::kRead && is_unwritable(opened.status()))
    opened = open_catalog_copy(env_, directory_);
  if (!opened.ok()) return opened.status();
  // SQLite opens what it may not write for reading.
  if (access_ == Access::kWrite && sqlite3_db_readonly(opened->handle(), "main") == 1) {
    return {Error::kNoPermission, "cannot write '" + directory_.path_of(kCatalogFileName) +
                                      "'; check the owner and the permissions of it and its directory"};
  }
  connection_ = std::move(*opened);
  return {};
}

Status Catalog::heal() {
  SQB_TRY(connect(true));
  Status settled = settle();
  if (!is_damage(settled)) return settled;
  return {Error::kCatalogDamaged,
          "the catalog in '" + directory_.path() + "' cannot be read (" + settled.message() +
              "); delete its catalog.db, the list is then rebuilt from the manifests"};
}

}  // namespace sqbackup
