#include "engine/stored_form.h"

namespace sqbackup {

StoredForm form_of_format(std::string_view format) {
  StoredForm form;
  form.compressed = format == "zstd";
  return form;
}

std::string format_of(const StoredForm& form) { return form.compressed ? "zstd" : "sqlite"; }

std::string extension_of(const StoredForm& form) { return form.compressed ? ".sqlite.zst" : ".sqlite"; }

}  // namespace sqbackup
