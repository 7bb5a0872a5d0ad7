#include "engine/stored_form.h"

namespace sqbackup {

StoredForm form_of_format(std::string_view format) {
  StoredForm form;
  form.json = format.starts_with("json");
  form.compressed = format.ends_with("zstd");
  return form;
}

std::string format_of(const StoredForm& form) {
  if (form.json) return form.compressed ? "json+zstd" : "json";
  return form.compressed ? "zstd" : "sqlite";
}

StoredForm form_of(const Manifest& manifest) {
  StoredForm form = form_of_format(manifest.format);
  form.encrypted = manifest.encryption.has_value();
  return form;
}

std::string extension_of(const StoredForm& form) {
  return std::string(form.json ? ".json" : ".sqlite") + (form.compressed ? ".zst" : "") +
         (form.encrypted ? ".age" : "");
}

StoredForm form_of_name(std::string_view name) {
  const auto strip = [&name](std::string_view ending) {
    if (!name.ends_with(ending)) return false;
    name.remove_suffix(ending.size());
    return true;
  };
  StoredForm form;
  form.encrypted = strip(".age");
  form.compressed = strip(".zst");
  form.json = strip(".json");
  return form;
}

}  // namespace sqbackup
