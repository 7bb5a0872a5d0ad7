// The plain bytes of an age file, anywhere in it and in any order. No byte is given before the chunk that it
// stands in has been authenticated.
#pragma once

#include <vector>

#include "base/byte_stream.h"
#include "codec/age/lock.h"
#include "codec/age/stream.h"

namespace sqbackup {

class AgeReader final : public ByteSource {
 public:
  // Reads the header and the last chunk, so that a file that is cut short is refused here. `sealed` must
  // outlive the reader. Errors: those of AgeHeader::read() and age_file_key(), kStoredBytesDamaged if the
  // payload is cut short, goes on after its last chunk, or is damaged at its end, and those of the source.
  static Result<AgeReader> open(ByteSource& sealed, const AgeKeys& keys);
  static Result<AgeReader> open(ByteSource& sealed, const AgeFileKey& key);

  std::uint64_t size() const override { return size_; }
  // Errors: kStoredBytesDamaged with the number of the chunk, and those of the source. `out` holds nothing of
  // use then.
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override;

  const AgeFileKey& file_key() const { return key_; }

 private:
  AgeReader(ByteSource& sealed, AgeFileKey key, ChaCha20Poly1305 cipher);
  static Result<AgeReader> open(ByteSource& sealed, const AgeHeader& header, AgeFileKey key);
  Status find_chunks(std::uint64_t payload);
  Status open_last();
  std::size_t chunk_size(std::uint64_t index) const;
  Status read_sealed(std::uint64_t index, std::size_t count);
  Result<bool> open_chunk(std::uint64_t index, bool last, std::size_t offset_in_sealed, std::uint8_t* out);
  Status read_chunks(std::uint64_t index, std::size_t count, std::uint8_t* out);

  ByteSource* source_;
  AgeFileKey key_;
  ChaCha20Poly1305 cipher_;
  std::uint64_t begin_ = 0;   // of the first chunk, in the source
  std::uint64_t chunks_ = 0;  // one or more
  std::uint64_t size_ = 0;
  std::vector<std::uint8_t> sealed_;  // chunks as they were read last
  std::vector<std::uint8_t> plain_;   // chunk `cached_`
  std::uint64_t cached_ = 0;
};

}  // namespace sqbackup
