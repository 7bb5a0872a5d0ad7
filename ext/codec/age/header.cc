#include "codec/age/header.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

#include "codec/base64.h"

namespace sqbackup {
namespace {

constexpr std::string_view kMagic = "age-encryption.org/";
constexpr std::string_view kVersionLine = "age-encryption.org/v1";
constexpr std::string_view kArmor = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view kStanzaMark = "-> ";
constexpr std::string_view kMacMark = "---";
constexpr std::size_t kColumns = 64;

Status not_read(std::string_view why) {
  return {Error::kStoredBytesDamaged, "this is no age file that can be read: " + std::string(why)};
}

// The lines of the header, of which each must be ended by LF.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  // nullopt: there is no further line end.
  std::optional<std::string_view> next() {
    const std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++number_;
    return line;
  }

  std::size_t position() const { return at_; }
  Status wrong(std::string_view why) const {
    return damaged_age_header("is damaged in line " + std::to_string(number_) + ": " + std::string(why));
  }
  Status ended() const {
    return damaged_age_header(text_.size() < AgeHeader::kMaxSize ? "is cut short" : "is longer than 64 KiB");
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
};

Status check_version(std::string_view text) {
  const std::size_t visible = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  if (text.substr(visible).starts_with(kArmor)) {
    return not_read("it is armored, which is text; only binary age files are read");
  }
  if (!text.starts_with(kMagic)) return not_read("it does not begin with 'age-encryption.org/'");
  if (!text.starts_with(std::string(kVersionLine) + '\n')) return not_read("it is not of version v1");
  return {};
}

Status parse_arguments(std::string_view line, const Lines& lines, std::vector<std::string>& arguments) {
  line.remove_prefix(kStanzaMark.size());
  while (true) {
    const std::string_view argument = line.substr(0, line.find(' '));
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (argument.empty()) return lines.wrong("an argument of the stanza is empty");
    if (!std::all_of(argument.begin(), argument.end(), visible)) {
      return lines.wrong("the stanza has a character that is not allowed");
    }
    arguments.emplace_back(argument);
    if (argument.size() == line.size()) return {};
    line.remove_prefix(argument.size() + 1);
  }
}

// The lines up to the first one that is shorter than the others have to be.
Status parse_body(Lines& lines, std::string& body) {
  std::string text;
  std::optional<std::string_view> line;
  do {
    line = lines.next();
    if (!line) return lines.ended();
    if (line->size() > kColumns) return lines.wrong("it is longer than 64 characters");
    text += *line;
  } while (line->size() == kColumns);
  auto bytes = base64_decode_unpadded(text);
  if (!bytes) return lines.wrong("the stanza that ends here is not in canonical base64");
  body = std::move(*bytes);
  return {};
}

Status parse_mac(std::string_view line, const Lines& lines, AgeMac& mac) {
  line.remove_prefix(kMacMark.size());
  const auto bytes = line.starts_with(' ') ? base64_decode_unpadded(line.substr(1)) : std::nullopt;
  if (!bytes || bytes->size() != mac.size())
    return lines.wrong("the MAC is not 32 bytes in canonical base64");
  std::copy(bytes->begin(), bytes->end(), mac.begin());
  return {};
}

void append_stanza(const AgeStanza& stanza, std::string& text) {
  text += "->";
  for (const std::string& argument : stanza.arguments) text.append(" ").append(argument);
  text += '\n';
  const std::string body = base64_encode_unpadded(as_bytes(stanza.body));
  // The last line is shorter than the others: empty, if need be.
  for (std::size_t at = 0; at <= body.size(); at += kColumns) text.append(body, at, kColumns).append("\n");
}

}  // namespace

Status damaged_age_header(std::string_view why) {
  return {Error::kStoredBytesDamaged, "the header of the age file " + std::string(why)};
}

Result<AgeHeader> AgeHeader::parse(ByteView beginning) {
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()),
                              std::min(beginning.size(), kMaxSize));
  SQB_TRY(check_version(text));
  AgeHeader header;
  Lines lines(text);
  lines.next();  // the version
  while (true) {
    const std::size_t start = lines.position();
    const auto line = lines.next();
    if (!line) return lines.ended();
    if (line->starts_with(kMacMark)) {
      SQB_TRY(parse_mac(*line, lines, header.mac_));
      header.authenticated_ = text.substr(0, start + kMacMark.size());
      break;
    }
    if (!line->starts_with(kStanzaMark)) return lines.wrong("it is neither a stanza nor the MAC");
    SQB_TRY(parse_arguments(*line, lines, header.stanzas_.emplace_back().arguments));
    SQB_TRY(parse_body(lines, header.stanzas_.back().body));
  }
  header.size_ = lines.position();
  if (header.stanzas_.empty()) return damaged_age_header("has no stanza, so that no key opens it");
  // A passphrase says who wrote the file, which it would not if recipients could be added.
  if (header.takes_passphrase() && header.stanzas_.size() > 1) {
    return damaged_age_header("is damaged: a stanza for a passphrase must be alone");
  }
  return header;
}

Result<AgeHeader> AgeHeader::read(ByteSource& file) {
  std::string beginning(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kMaxSize)), '\0');
  SQB_ASSIGN(const std::size_t got,
             file.read_at(0, {reinterpret_cast<std::uint8_t*>(beginning.data()), beginning.size()}));
  return parse(as_bytes(beginning).first(got));
}

Result<std::string> AgeHeader::write(const AgeFileKey& key, const std::vector<AgeStanza>& stanzas) {
  std::string text = std::string(kVersionLine) + '\n';
  for (const AgeStanza& stanza : stanzas) append_stanza(stanza, text);
  text += kMacMark;
  SQB_ASSIGN(const AgeMac mac, age_header_mac(key, text));
  text.append(" ").append(base64_encode_unpadded(mac)).append("\n");
  if (text.size() > kMaxSize) {
    return Status(Error::kBadKey, "there are too many recipients: " + std::to_string(stanzas.size()) +
                                      " do not fit into a header of 64 KiB");
  }
  return text;
}

bool AgeHeader::takes_passphrase() const { return count_of(kScryptStanza) > 0; }

std::size_t AgeHeader::x25519_recipients() const { return count_of(kX25519Stanza); }

std::size_t AgeHeader::count_of(std::string_view type) const {
  const auto has_type = [&](const AgeStanza& stanza) { return stanza.arguments[0] == type; };
  return static_cast<std::size_t>(std::count_if(stanzas_.begin(), stanzas_.end(), has_type));
}

Status AgeHeader::authenticate(const AgeFileKey& key) const {
  SQB_ASSIGN(const AgeMac mac, age_header_mac(key, authenticated_));
  if (CRYPTO_memcmp(mac.data(), mac_.data(), mac.size()) == 0) return {};
  return damaged_age_header("is not the one that was written: its MAC is wrong");
}

}  // namespace sqbackup
