#include "store/s3/profile.h"

#include <algorithm>

#include "net/url.h"

namespace sqbackup {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// Up to a '#' or ';' that a blank stands before.
std::string_view without_comment(std::string_view value) {
  for (std::size_t at = 1; at < value.size(); ++at) {
    const bool begins = value[at] == '#' || value[at] == ';';
    if (begins && kBlanks.find(value[at - 1]) != std::string_view::npos) return value.substr(0, at);
  }
  return value;
}

// Whether "[...]" is the section of the profile.
bool is_section(std::string_view line, S3ProfileFile file, std::string_view name) {
  constexpr std::string_view kProfile = "profile";
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return false;
  std::string_view section = trimmed(line.substr(1, end - 1));
  if (file == S3ProfileFile::kCredentials) return section == name;
  if (section == "default") return name == section;
  if (!section.starts_with(kProfile)) return false;
  section.remove_prefix(kProfile.size());
  if (section.empty() || kBlanks.find(section.front()) == std::string_view::npos) return false;
  section = trimmed(section);
  if (section.size() >= 2 && section.front() == '"' && section.back() == '"') {
    section = section.substr(1, section.size() - 2);
  }
  return section == name;
}

void take(std::string_view key, std::string_view value, S3Profile& profile) {
  const auto text = [&](std::string& place) {
    if (place.empty()) place = value;
  };
  const auto secret = [&](Secret& place) {
    if (place.empty()) place = Secret(as_bytes(value));
  };
  if (equal_in_any_case(key, "aws_access_key_id")) return text(profile.access_key_id);
  if (equal_in_any_case(key, "aws_secret_access_key")) return secret(profile.secret_access_key);
  if (equal_in_any_case(key, "aws_session_token")) return secret(profile.session_token);
  if (equal_in_any_case(key, "region")) return text(profile.region);
  if (equal_in_any_case(key, "endpoint_url")) return text(profile.endpoint_url);
  for (const std::string_view other :
       {"role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file"}) {
    if (equal_in_any_case(key, other) && profile.other_way.empty()) profile.other_way = other;
  }
}

}  // namespace

void read_s3_profile(std::string_view text, S3ProfileFile file, std::string_view name, S3Profile& profile) {
  bool in_section = false;
  std::size_t indent = std::string_view::npos;  // of the last key; none yet in this section
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[') {
      in_section = is_section(content, file, name);
      profile.found = profile.found || in_section;
      indent = std::string_view::npos;
      continue;
    }
    const std::size_t here = line.find_first_not_of(kBlanks);
    if (indent != std::string_view::npos && here > indent) continue;
    indent = here;
    const std::size_t equals = content.find('=');
    if (!in_section || equals == std::string_view::npos) continue;
    take(trimmed(content.substr(0, equals)), trimmed(without_comment(content.substr(equals + 1))), profile);
  }
}

}  // namespace sqbackup
