// ProvenReader: reads a file once, from its beginning to its end, and says there whether it was what it is
// known to be.
#pragma once

#include <string>

#include "base/file_env.h"
#include "codec/sha256.h"
#include "store/object_store.h"

namespace sqbackup {

class ProvenReader {
 public:
  // `subject` begins the messages: "copying to s3://bucket/key".
  static Result<ProvenReader> create(ReadableFile& file, const FileProof& proof, std::string subject);

  std::uint64_t left() const { return proof_.size - at_; }
  // Fills `out`, no longer than left(). kStoredBytesDamaged: the file ends before.
  Status read(ByteSpan out);
  // Nothing is left: kStoredBytesDamaged where the file goes on, or was another one.
  Status finish();

 private:
  ProvenReader(ReadableFile& file, FileProof proof, std::string subject, Sha256 hash)
      : file_(file), proof_(std::move(proof)), subject_(std::move(subject)), hash_(std::move(hash)) {}
  Status damaged(const std::string& what) const;

  ReadableFile& file_;
  const FileProof proof_;
  const std::string subject_;
  Sha256 hash_;
  std::uint64_t at_ = 0;
};

}  // namespace sqbackup
