#include "engine/hash_file.h"

#include <algorithm>
#include <vector>

#include "codec/sha256.h"
#include "engine/file_source.h"

namespace sqbackup {

Result<std::string> hash_bytes(ByteSource& bytes, ByteSink* copy_to, const char* phase, Progress& progress) {
  constexpr std::size_t kBlockSize = 1 << 20;
  const std::uint64_t size = bytes.size();
  SQB_ASSIGN(auto hash, Sha256::create());
  std::vector<std::uint8_t> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, kBlockSize)));
  progress.begin_phase(phase, size);
  for (std::uint64_t offset = 0; offset < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kBlockSize, size - offset));
    SQB_ASSIGN(const std::size_t got, bytes.read_at(offset, ByteSpan(buffer.data(), wanted)));
    if (got != wanted) {
      return Status(Error::kStoredBytesDamaged, "it ends after " + std::to_string(offset + got) +
                                                    " bytes instead of " + std::to_string(size));
    }
    const ByteView block(buffer.data(), got);
    hash.update(block);
    if (copy_to != nullptr) SQB_TRY(copy_to->append(block));
    offset += got;
    SQB_TRY(progress.advance(offset));
  }
  return hash.finish_hex();
}

Result<std::string> hash_file(ReadableFile& file, std::uint64_t size, ByteSink* copy_to, const char* phase,
                              Progress& progress) {
  SQB_ASSIGN(const FileInfo info, file.info());
  if (info.size != size) {
    return Status(Error::kStoredBytesDamaged,
                  "it is " + std::to_string(info.size) + " bytes long instead of " + std::to_string(size));
  }
  FileSource bytes(file, size);
  return hash_bytes(bytes, copy_to, phase, progress);
}

}  // namespace sqbackup
