#include "codec/age/in_memory.h"

#include <algorithm>

namespace sqbackup {
namespace {

class StringSink final : public ByteSink {
 public:
  Status append(ByteView bytes) override {
    text.append(bytes.begin(), bytes.end());
    return {};
  }
  std::string text;
};

class ViewSource final : public ByteSource {
 public:
  explicit ViewSource(ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    const ByteView from =
        bytes_.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size())));
    const std::size_t count = std::min(from.size(), out.size());
    std::copy_n(from.begin(), count, out.begin());
    return count;
  }

 private:
  ByteView bytes_;
};

}  // namespace

Result<std::string> age_seal(ByteView plain, const AgeLock& lock) {
  StringSink sealed;
  SQB_ASSIGN(AgeWriter writer, AgeWriter::create(lock, sealed));
  SQB_TRY(writer.append(plain));
  SQB_TRY(writer.finish());
  return std::move(sealed.text);
}

Result<std::string> age_open(ByteView sealed, const AgeKeys& keys) {
  ViewSource source(sealed);
  SQB_ASSIGN(AgeReader reader, AgeReader::open(source, keys));
  std::string plain(static_cast<std::size_t>(reader.size()), '\0');
  SQB_ASSIGN(const std::size_t got,
             reader.read_at(0, {reinterpret_cast<std::uint8_t*>(plain.data()), plain.size()}));
  plain.resize(got);
  return plain;
}

Result<std::string> age_reseal(ByteView sealed, const AgeKeys& keys, const AgeLock& lock) {
  SQB_ASSIGN(const AgeHeader header, AgeHeader::parse(sealed));
  SQB_ASSIGN(const AgeFileKey key, age_file_key(header, keys));
  SQB_ASSIGN(std::string changed, age_rewrap(header, key, lock));
  const ByteView payload = sealed.subspan(header.size());
  changed.append(payload.begin(), payload.end());
  return changed;
}

}  // namespace sqbackup
