// The header of an age file as text: parsed and written, without keys. Canonical: what parses is written back
// as the same bytes.
#pragma once

#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "codec/age/file_key.h"

namespace sqbackup {

// The types of the stanzas that are known here; others are ignored.
constexpr std::string_view kX25519Stanza = "X25519";
constexpr std::string_view kScryptStanza = "scrypt";

// The file key, wrapped for one recipient.
struct AgeStanza {
  std::vector<std::string>
      arguments;     // one or more, of printable ASCII without blanks; the first is the type
  std::string body;  // bytes
};

class AgeHeader {
 public:
  static constexpr std::size_t kMaxSize = std::size_t{64} << 10;  // ours: the specification has no limit

  // From the beginning of a file; what follows the header is ignored. Errors: kStoredBytesDamaged, with the
  // reason: no age file, another version, armored (text; only binary files are read), longer than kMaxSize,
  // or not as the specification wants it. Whether the MAC is right shows only with the file key.
  static Result<AgeHeader> parse(ByteView beginning);
  static Result<AgeHeader> read(ByteSource& file);

  // For `key` and these stanzas, of which there is at least one. Errors: kBadKey if that is longer than
  // kMaxSize.
  static Result<std::string> write(const AgeFileKey& key, const std::vector<AgeStanza>& stanzas);

  const std::vector<AgeStanza>& stanzas() const { return stanzas_; }
  std::size_t size() const { return size_; }  // bytes; the payload begins after them

  // What opens the file. A passphrase opens it alone; recipients of other types are not counted.
  bool takes_passphrase() const;
  std::size_t x25519_recipients() const;

  // Ok if the header is what the holder of this file key wrote; else kStoredBytesDamaged.
  Status authenticate(const AgeFileKey& key) const;

 private:
  AgeHeader() = default;
  std::size_t count_of(std::string_view type) const;
  std::vector<AgeStanza> stanzas_;
  std::string authenticated_;  // up to and including "---"
  AgeMac mac_{};
  std::size_t size_ = 0;
};

// Why a header is refused: kStoredBytesDamaged, "the header of the age file ...".
Status damaged_age_header(std::string_view why);

}  // namespace sqbackup
