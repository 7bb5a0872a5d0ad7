// StoredForm: how the bytes of a backup are made from the database image.
#pragma once

#include <string>
#include <string_view>

#include "codec/zstd_writer.h"
#include "format/manifest.h"

namespace sqbackup {

struct StoredForm {
  bool compressed = false;
  ZstdOptions zstd;

  bool is_plain() const { return !compressed; }
};

// The form that the setting `format` names ("sqlite", "zstd").
StoredForm form_of_format(std::string_view format);
std::string format_of(const StoredForm& form);
std::string extension_of(const StoredForm& form);  // ".sqlite", ".sqlite.zst": ends the backup's name

}  // namespace sqbackup
