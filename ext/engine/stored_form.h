// StoredForm: how the bytes of a backup are made from the database.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/age/lock.h"
#include "codec/zstd_writer.h"
#include "format/manifest.h"

namespace sqbackup {

struct StoredForm {
  bool json = false;  // a JSON snapshot of its rows instead of its pages
  bool compressed = false;
  bool encrypted = false;  // after it was compressed
  ZstdOptions zstd;
  std::shared_ptr<const AgeLock> lock;      // for whom, where it is to be written
  std::vector<std::string> exclude_tables;  // of a JSON snapshot, where it is to be written

  bool is_plain() const { return !compressed && !encrypted; }  // the file is the content
  bool is_database_file() const { return is_plain() && !json; }
};

// The form that the setting `format` names ("sqlite", "zstd", "json", "json+zstd").
StoredForm form_of_format(std::string_view format);
StoredForm form_of(const Manifest& manifest);  // to read it
std::string format_of(const StoredForm& form);
// What ends the backup's name: ".sqlite" or ".json", ".zst" after it where it is compressed, ".age" at the
// end.
std::string extension_of(const StoredForm& form);
// What a name that ends so promises.
StoredForm form_of_name(std::string_view name);

}  // namespace sqbackup
