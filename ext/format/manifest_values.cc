#include "format/manifest_values.h"

#include <bit>
#include <string_view>

#include "codec/base64.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kMaxPages = 0xfffffffe;  // SQLite's own limit

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_format(std::string_view text) {
  return text == "sqlite" || text == "zstd" || text == "json" || text == "json+zstd";
}

bool is_page_size(std::uint32_t size) { return size >= 512 && size <= 65536 && std::has_single_bit(size); }

}  // namespace

std::string fault_of_values(const Manifest& m) {
  if (m.name.empty()) return "member 'name' is empty";
  if (m.trigger.empty()) return "member 'trigger' is empty";
  if (!is_format(m.format))
    return "member 'format' names one that this version does not know; update sqbackup";
  if (!is_digest(m.sha256)) return "member 'sha256' is no hash";
  if (m.encryption && (m.secret.empty() || !base64_decode(m.secret))) return "member 'secret' is no base64";
  if (m.knows_content() && !is_digest(m.database_sha256)) return "member 'database_sha256' is no hash";
  if (!m.schema_sha256.empty() && !is_digest(m.schema_sha256)) return "member 'schema_sha256' is no hash";
  if (m.page_size != 0 && !is_page_size(m.page_size)) return "member 'page_size' is no page size";
  if (m.page_count > kMaxPages) return "member 'page_count' is out of range";
  if (m.format == "sqlite" && !m.encryption && m.stored_size != m.database_size)
    return "members 'stored_size' and 'database_size' disagree";
  if ((m.format == "sqlite" || m.format == "json") && !m.encryption && m.sha256 != m.database_sha256)
    return "members 'sha256' and 'database_sha256' disagree";
  // The file of a database that SQLite could not read may end anywhere.
  if (m.knows_content() && m.warnings.empty() && m.database_size != m.page_size * m.page_count) {
    return "members 'database_size', 'page_size' and 'page_count' disagree";
  }
  return {};
}

}  // namespace sqbackup
