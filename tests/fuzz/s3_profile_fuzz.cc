// Files of credentials: whatever the bytes, what is taken from them is on one line of them, without blanks
// at its ends, and a name that is nowhere in them is not found.
#include <cstdint>
#include <cstdlib>

#include "store/s3/profile.h"

namespace {

using namespace sqbackup;

void check_value(std::string_view text, std::string_view value) {
  if (value.empty()) return;
  const bool blank = value.front() == ' ' || value.back() == ' ' || value.back() == '\r';
  if (blank || value.find('\n') != std::string_view::npos || text.find(value) == std::string_view::npos) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const S3ProfileFile file : {S3ProfileFile::kCredentials, S3ProfileFile::kConfig}) {
    for (const std::string_view name : {"default", "work", "no such name"}) {
      S3Profile profile;
      read_s3_profile(text, file, name, profile);
      if (profile.found && text.find(name) == std::string_view::npos) std::abort();
      if (!profile.found && !profile.access_key_id.empty()) std::abort();
      check_value(text, profile.access_key_id);
      check_value(text, profile.secret_access_key.text());
      check_value(text, profile.session_token.text());
      check_value(text, profile.region);
      check_value(text, profile.endpoint_url);
    }
  }
  return 0;
}
