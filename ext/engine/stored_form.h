// StoredForm: how the bytes of a backup are made from the database image.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/age/lock.h"
#include "codec/zstd_writer.h"
#include "format/manifest.h"

namespace sqbackup {

struct StoredForm {
  bool compressed = false;
  bool encrypted = false;  // after it was compressed
  ZstdOptions zstd;
  std::shared_ptr<const AgeLock> lock;  // for whom, where it is to be written

  bool is_plain() const { return !compressed && !encrypted; }
};

// The form that the setting `format` names ("sqlite", "zstd").
StoredForm form_of_format(std::string_view format);
StoredForm form_of(const Manifest& manifest);  // to read it
std::string format_of(const StoredForm& form);
// What ends the backup's name: ".sqlite", ".sqlite.zst", and ".age" after either.
std::string extension_of(const StoredForm& form);

}  // namespace sqbackup
