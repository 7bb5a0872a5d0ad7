// Manifests and marks: whatever the bytes, reading ends in a value or an error; a value can be written and
// read again. The input is read as it is and, because no mutation survives the seal, sealed as well.
#include <cstdlib>

#include "format/manifest.h"
#include "format/sealed_json.h"

namespace {

// The first value of a member "name", so that mutations of the rest get past the check of the name.
std::string name_inside(std::string_view text) {
  constexpr std::string_view kKey = "\"name\": \"";
  const std::size_t key = text.find(kKey);
  if (key == std::string_view::npos) return "name";
  const std::string_view rest = text.substr(key + kKey.size());
  return std::string(rest.substr(0, rest.find('"')));
}

void read_all(std::string_view text) {
  const auto manifest = sqbackup::read_manifest(text, name_inside(text));
  if (manifest.ok()) {
    const auto again = sqbackup::write_manifest(*manifest);
    if (!again.ok() || !sqbackup::read_manifest(*again, manifest->name).ok()) std::abort();
  }
  const auto marks = sqbackup::read_marks(text);
  if (marks.ok()) {
    const auto again = sqbackup::write_marks(*marks);
    if (!again.ok() || !sqbackup::read_marks(*again).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_all(text);
  if (const auto sealed = sqbackup::seal_json(text); sealed.ok()) read_all(*sealed);
  return 0;
}
