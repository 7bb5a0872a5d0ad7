#include "engine/stored_form.h"

namespace sqbackup {

StoredForm form_of_format(std::string_view format) {
  StoredForm form;
  form.compressed = format == "zstd";
  return form;
}

std::string format_of(const StoredForm& form) { return form.compressed ? "zstd" : "sqlite"; }

StoredForm form_of(const Manifest& manifest) {
  StoredForm form = form_of_format(manifest.format);
  form.encrypted = manifest.encryption.has_value();
  return form;
}

std::string extension_of(const StoredForm& form) {
  return std::string(form.compressed ? ".sqlite.zst" : ".sqlite") + (form.encrypted ? ".age" : "");
}

}  // namespace sqbackup
