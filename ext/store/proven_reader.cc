#include "store/proven_reader.h"

#include <array>

#include "base/ascii.h"

namespace sqbackup {

Result<ProvenReader> ProvenReader::create(ReadableFile& file, const FileProof& proof, std::string subject) {
  SQB_ASSIGN(Sha256 hash, Sha256::create());
  return ProvenReader(file, proof, std::move(subject), std::move(hash));
}

Status ProvenReader::read(ByteSpan out) {
  auto got = file_.read_at(at_, out);
  if (!got.ok()) return got.status().with_context(subject_);
  if (*got < out.size()) {
    return damaged("it has " + std::to_string(at_ + *got) + " bytes and not " + std::to_string(proof_.size));
  }
  hash_.update(out);
  at_ += out.size();
  return {};
}

Status ProvenReader::finish() {
  std::array<std::uint8_t, 1> more;
  auto got = file_.read_at(at_, more);
  if (!got.ok()) return got.status().with_context(subject_);
  if (*got != 0) return damaged("it has more bytes than " + std::to_string(proof_.size));
  const std::string found = hash_.finish_hex();
  if (found == ascii_lower(proof_.sha256)) return {};
  return damaged("its SHA-256 is " + found + " and not " + proof_.sha256);
}

Status ProvenReader::damaged(const std::string& what) const {
  return {Error::kStoredBytesDamaged,
          subject_ + ": the file is not what it is known to be: " + what + "; verify it, nothing is copied"};
}

}  // namespace sqbackup
