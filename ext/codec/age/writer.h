// Writes an age file: what is appended comes out encrypted at the sink, which `age -d` opens.
//
//   SQB_ASSIGN(AgeWriter writer, AgeWriter::create(lock, file));
//   SQB_TRY(writer.append(bytes));  // any number of times
//   SQB_TRY(writer.finish());
#pragma once

#include <vector>

#include "base/byte_stream.h"
#include "codec/age/lock.h"
#include "codec/age/stream.h"

namespace sqbackup {

class AgeWriter final : public ByteSink {
 public:
  // Appends header and nonce to `out`, which must outlive the writer. Errors: those of age_header_for() and
  // of the sink.
  static Result<AgeWriter> create(const AgeLock& lock, ByteSink& out);

  // In pieces of any size; no memory is taken. After an error of the sink every call returns that error.
  Status append(ByteView plain) override;
  // Without it the file is cut short, and no reader accepts it. Once; nothing is appended afterwards.
  Status finish();

  // With it the process that writes a file can read it again, where it holds none of the identities.
  const AgeFileKey& file_key() const { return key_; }

 private:
  AgeWriter(AgeFileKey key, ChaCha20Poly1305 cipher, ByteSink& out);
  Status seal(ByteView chunk, bool last);
  Status flush();
  Status append_chunks(ByteView plain);

  AgeFileKey key_;
  ChaCha20Poly1305 cipher_;
  ByteSink* out_;
  std::uint64_t index_ = 0;          // of the next chunk
  std::vector<std::uint8_t> plain_;  // of the next chunk: full only until more comes, as it may be the last
  std::size_t plain_size_ = 0;
  std::vector<std::uint8_t> sealed_;  // chunks that wait for a larger write
  std::size_t sealed_size_ = 0;
  Status failed_;
};

}  // namespace sqbackup
