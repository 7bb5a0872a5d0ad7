// Sealed JSON: an object whose last member is a SHA-256 over every byte before it, so that any flipped bit,
// cut or edit of the file is found. The form of manifests and marks (docs/format/manifest.md):
//
//   {\n  "version": 1,\n  ...,\n  "checksum": "<64 hex digits of sha256 over all bytes before this line's
//   first>"\n}\n
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sqbackup {

// `object_text`: the text of a JSON object with at least one member, as nlohmann's dump(2) writes it.
Result<std::string> seal_json(std::string_view object_text);

// Checks the seal (every byte of `text`); the error (kManifestDamaged) says what does not fit, not which
// file.
Status check_seal(std::string_view text);

}  // namespace sqbackup
