// The vectors of C2SP/CCTV, age/testdata: what every reader of age files must accept and refuse.
#include <zlib.h>

#include <filesystem>
#include <map>

#include "codec/age/reader.h"
#include "codec/sha256.h"
#include "support/byte_streams.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct Vector {
  std::string name;
  std::map<std::string, std::string> values;
  std::vector<std::string> identities;
  std::string file;
  bool is_armored() const { return values.count("armored") > 0; }
};

std::string inflated(const std::string& deflated) {
  std::string bytes(std::size_t{32} << 20, '\0');
  uLongf size = bytes.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size, as_bytes(deflated).data(),
                     deflated.size()) == Z_OK);
  bytes.resize(size);
  return bytes;
}

Vector read_vector(const std::string& path) {
  const std::string content = read_whole_file(path);
  const std::size_t end = content.find("\n\n");
  REQUIRE(end != std::string::npos);
  Vector vector;
  vector.name = std::filesystem::path(path).filename().string();
  for (std::size_t at = 0; at <= end;) {
    const std::size_t colon = content.find(": ", at);
    const std::size_t next = content.find('\n', at);
    REQUIRE(colon < next);
    const std::string key = content.substr(at, colon - at);
    const std::string value = content.substr(colon + 2, next - colon - 2);
    if (key == "identity") {
      vector.identities.push_back(value);
    } else {
      vector.values[key] = value;
    }
    at = next + 1;
  }
  vector.file = content.substr(end + 2);
  if (vector.values.count("compressed") > 0) vector.file = inflated(vector.file);
  return vector;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// What is known here of the vector's keys; the post-quantum ones are refused.
AgeKeys keys_of(const Vector& vector) {
  AgeKeys keys;
  for (const std::string& text : vector.identities) {
    auto identity = AgeIdentity::parse(text);
    if (text.find("-PQ-") != std::string::npos) {
      REQUIRE_FALSE(identity.ok());
      CHECK_THAT(identity.status().message(), Catch::Contains("post-quantum"));
    } else {
      REQUIRE(identity.ok());
      keys.identities.push_back(std::move(*identity));
    }
  }
  const auto passphrase = vector.values.find("passphrase");
  if (passphrase != vector.values.end()) keys.passphrase = Secret(as_bytes(passphrase->second));
  return keys;
}

AgeFileKey file_key_of(const Vector& vector) {
  return AgeFileKey(Secret(as_bytes(from_hex(vector.values.at("file key")))));
}

// How it ended, in the words of the vectors.
std::string class_of(const Status& status) {
  if (status.ok()) return "success";
  if (status.is(Error::kNoKey)) return "no match";
  REQUIRE(status.is(Error::kStoredBytesDamaged));
  const std::string& message = status.message();
  if (message.find("its MAC is wrong") != std::string::npos) return "HMAC failure";
  if (message.find("the header of the age file ") == 0) return "header failure";
  if (message.find("this is no age file that can be read: ") == 0) return "header failure";
  if (message.find("the payload of the age file ") == 0) return "payload failure";
  return message;
}

// The payload as far as it can be read, chunk by chunk.
Status read_payload(AgeReader& reader, std::string& payload) {
  std::string piece(kAgeChunk, '\0');
  while (payload.size() < reader.size()) {
    SQB_ASSIGN(const std::size_t got,
               reader.read_at(payload.size(), {reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()}));
    REQUIRE(got > 0);
    payload.append(piece, 0, got);
  }
  return {};
}

// Opens and reads all of it with either kind of key. What is given before an error is what the vector says,
// unless the error comes before the first byte: we look at the last chunk first. Where two chunks are marked
// as last ones, a reader that goes from front to back gives the first of them; we know where the last one
// must be.
template <typename Keys>
std::string outcome(const Vector& vector, const Keys& keys) {
  MemorySource source(vector.file);
  auto reader = AgeReader::open(source, keys);
  if (!reader.ok()) return class_of(reader.status());
  std::string payload;
  const Status status = read_payload(*reader, payload);
  if (vector.name.find("stream_two_final_chunks") != 0) {
    CHECK(*sha256_hex(as_bytes(payload)) == vector.values.at("payload"));
  }
  return class_of(status);
}

// Whatever has a header that parses is written again as the same bytes.
void check_header_is_canonical(const Vector& vector, const AgeHeader& header) {
  const auto written = AgeHeader::write(file_key_of(vector), header.stanzas());
  REQUIRE(written.ok());
  const std::size_t mac = vector.values.at("expect") == "HMAC failure" ? 44 : 0;
  CHECK(written->substr(0, written->size() - mac) == vector.file.substr(0, header.size() - mac));
}

void check_vector(const Vector& vector, std::map<std::string, int>& counts) {
  const std::string& expected = vector.values.at("expect");
  const AgeKeys keys = keys_of(vector);
  const std::string found = outcome(vector, keys);
  ++counts[found];
  if (vector.is_armored()) {
    CHECK(found == "header failure");
    const auto header = AgeHeader::parse(as_bytes(vector.file));
    REQUIRE_FALSE(header.ok());
    const std::size_t visible = vector.file.find_first_not_of(" \t\r\n");
    if (visible != std::string::npos &&
        vector.file.substr(visible).find("-----BEGIN AGE ENCRYPTED FILE-----") == 0) {
      CHECK_THAT(header.status().message(), Catch::Contains("it is armored"));
    }
    return;
  }
  const auto header = AgeHeader::parse(as_bytes(vector.file));
  if (header.ok() && from_hex(vector.values.at("file key")).size() == AgeFileKey::kSize) {
    check_header_is_canonical(vector, *header);
  }
  if (keys.identities.empty() && keys.passphrase.empty() && header.ok()) {
    CHECK(found == "no match");  // only a post-quantum identity would open it
  } else {
    CHECK(found == expected);
  }
  if (expected == "success" || expected == "payload failure" || expected == "HMAC failure") {
    CHECK(outcome(vector, file_key_of(vector)) == expected);
  }
}

}  // namespace

TEST_CASE("every vector of C2SP/CCTV is accepted or refused for the reason that it gives") {
  std::map<std::string, int> counts;
  int vectors = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SQBACKUP_SOURCE_DIR "/tests/golden/age")) {
    if (entry.path().extension() != ".vector") continue;
    CAPTURE(entry.path().string());
    check_vector(read_vector(entry.path().string()), counts);
    ++vectors;
  }
  CHECK(vectors == 143);
  // 19 binary files succeed for somebody, 4 of them with a post-quantum identity only.
  CHECK(counts["success"] == 15);
  CHECK(counts["payload failure"] == 18);
  CHECK(counts["HMAC failure"] == 1);
}
