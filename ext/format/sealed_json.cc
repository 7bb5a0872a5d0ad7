#include "format/sealed_json.h"

#include "codec/sha256.h"

namespace sqbackup {
namespace {

constexpr std::string_view kObjectEnd = "\n}";
constexpr std::string_view kBeforeDigest = "  \"checksum\": \"";
constexpr std::string_view kAfterDigest = "\"\n}\n";
constexpr std::size_t kDigestSize = 64;
constexpr std::size_t kSealSize = kBeforeDigest.size() + kDigestSize + kAfterDigest.size();

Status broken(std::string_view what) {
  return {Error::kManifestDamaged, std::string(what) + "; put an intact copy of it back"};
}

}  // namespace

Result<std::string> seal_json(std::string_view object_text) {
  if (!object_text.starts_with("{\n") || !object_text.ends_with(kObjectEnd)) {
    return Status(Error::kInternal, "cannot seal what is not the text of a JSON object");
  }
  std::string text(object_text.substr(0, object_text.size() - kObjectEnd.size()));
  text += ",\n";
  SQB_ASSIGN(const std::string digest, sha256_hex(as_bytes(text)));
  text.append(kBeforeDigest).append(digest).append(kAfterDigest);
  return text;
}

Status check_seal(std::string_view text) {
  if (text.empty()) return broken("it is empty");
  if (text.size() <= kSealSize) return broken("it is cut short");
  const std::string_view sealed = text.substr(0, text.size() - kSealSize);
  const std::string_view seal = text.substr(sealed.size());
  if (!seal.starts_with(kBeforeDigest) || !seal.ends_with(kAfterDigest)) {
    return broken("it does not end with its checksum, it was cut short, edited or reformatted");
  }
  SQB_ASSIGN(const std::string digest, sha256_hex(as_bytes(sealed)));
  if (digest.size() != kDigestSize || seal.substr(kBeforeDigest.size(), kDigestSize) != digest) {
    return broken("its checksum does not fit its bytes, it was damaged or edited");
  }
  return {};
}

}  // namespace sqbackup
