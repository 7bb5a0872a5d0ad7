#include "codec/zstd_seek_table.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <string>

#include "codec/zstd.h"

namespace sqbackup {
namespace {

constexpr std::uint32_t kSkippableMagic = 0x184D2A5E;
constexpr std::uint32_t kSeekableMagic = 0x8F92EAB1;
constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kFooterSize = 9;
constexpr std::uint8_t kChecksumFlag = 0x80;
constexpr std::uint8_t kReservedBits = 0x7C;
constexpr std::uint32_t kMostFrames = 0x8000000;  // what the reference implementation takes
// Magic, descriptor, content size, one block of one byte, checksum.
constexpr std::uint64_t kSmallestFrame = 4 + 1 + 1 + 4 + 4;

void append_le32(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

Status damaged(std::string reason) {
  return Status(Error::kStoredBytesDamaged, "the seek table is damaged: " + std::move(reason));
}

// Legal, but not what we write.
Status foreign(std::string reason) {
  return Status(Error::kStoredBytesDamaged,
                std::move(reason) + ": it is damaged, or not written by sqbackup; 'zstd -d' may unpack it");
}

struct Footer {
  std::uint32_t frames = 0;
  std::size_t entry_size = 0;
  std::uint64_t table_begin = 0;    // of the skippable frame
  std::uint64_t entries_begin = 0;  // in the file
};

Result<Footer> read_footer(ByteSource& file) {
  const std::uint64_t size = file.size();
  if (size < kHeaderSize + kFooterSize) return foreign("it is too short for a seek table");
  std::array<std::uint8_t, kFooterSize> footer;
  SQB_TRY(read_whole(file, size - kFooterSize, footer));
  if (read_le32(&footer[5]) != kSeekableMagic) return foreign("it does not end in a seek table");
  if ((footer[4] & kReservedBits) != 0) return damaged("reserved bits are set");
  Footer result;
  result.frames = read_le32(&footer[0]);
  result.entry_size = (footer[4] & kChecksumFlag) != 0 ? 12 : 8;
  const std::uint64_t table = kHeaderSize + std::uint64_t{result.frames} * result.entry_size + kFooterSize;
  if (result.frames > kMostFrames || table + result.frames * kSmallestFrame > size) {
    return damaged("it names " + std::to_string(result.frames) + " frames, more than the file can hold");
  }
  result.table_begin = size - table;
  result.entries_begin = result.table_begin + kHeaderSize;
  std::array<std::uint8_t, kHeaderSize> header;
  SQB_TRY(read_whole(file, result.table_begin, header));
  if (read_le32(&header[0]) != kSkippableMagic || read_le32(&header[4]) != table - kHeaderSize) {
    return damaged("it does not begin where it should");
  }
  return result;
}

// The next entry of a table of which `table` holds what came before.
Status add_entry(SeekTable& table, std::uint32_t stored, std::uint32_t plain, bool last) {
  const std::string name = "frame " + std::to_string(table.ends.size());
  if (table.ends.empty()) {
    if (plain > kLargestZstdFrame) {
      return foreign(name + " has " + std::to_string(plain) + " bytes, more than the " +
                     std::to_string(kLargestZstdFrame) + " that are read into memory");
    }
    table.frame_bytes = plain;
  }
  // Frames of one size make every lie about a size show: no offset depends on a number that is not compared.
  if (plain == 0 || plain > table.frame_bytes || (plain < table.frame_bytes && !last)) {
    return foreign(name + " has " + std::to_string(plain) + " bytes, not " +
                   std::to_string(table.frame_bytes) + " as the first");
  }
  if (stored < kSmallestFrame || stored > ZSTD_compressBound(plain)) {
    return damaged(name + " cannot have " + std::to_string(stored) + " bytes for " + std::to_string(plain));
  }
  table.ends.push_back(table.begin_of(table.ends.size()) + stored);
  table.plain_bytes += plain;
  return {};
}

}  // namespace

SeekTableWriter::SeekTableWriter() {
  append_le32(bytes_, kSkippableMagic);
  append_le32(bytes_, 0);  // the size, which finish() knows
}

Status SeekTableWriter::add(std::uint32_t stored, std::uint32_t plain) {
  if (frames_ == kMostFrames) {
    return Status(Error::kBadArgument, "cannot compress: it would be more than " +
                                           std::to_string(kMostFrames) + " frames; make the frames larger");
  }
  append_le32(bytes_, stored);
  append_le32(bytes_, plain);
  ++frames_;
  return {};
}

ByteView SeekTableWriter::finish() {
  append_le32(bytes_, frames_);
  bytes_.push_back(0);  // no checksums: each frame has its own
  append_le32(bytes_, kSeekableMagic);
  const std::size_t size = bytes_.size() - kHeaderSize;
  for (std::size_t i = 0; i < 4; ++i) bytes_[4 + i] = static_cast<std::uint8_t>(size >> (8 * i));
  return bytes_;
}

std::size_t SeekTable::plain_size(std::size_t frame) const {
  const std::uint64_t begin = std::uint64_t{frame} * frame_bytes;
  return static_cast<std::size_t>(std::min<std::uint64_t>(frame_bytes, plain_bytes - begin));
}

Result<SeekTable> read_seek_table(ByteSource& file) {
  SQB_ASSIGN(const Footer footer, read_footer(file));
  SeekTable table;
  table.ends.reserve(footer.frames);
  constexpr std::uint32_t kAtOnce = 1024;
  std::array<std::uint8_t, std::size_t{kAtOnce} * 12> entries;
  for (std::uint32_t first = 0; first < footer.frames; first += kAtOnce) {
    const std::uint32_t count = std::min(kAtOnce, footer.frames - first);
    SQB_TRY(read_whole(file, footer.entries_begin + std::uint64_t{first} * footer.entry_size,
                       ByteSpan(entries.data(), count * footer.entry_size)));
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint8_t* entry = &entries[i * footer.entry_size];
      SQB_TRY(add_entry(table, read_le32(entry), read_le32(entry + 4), first + i + 1 == footer.frames));
    }
  }
  if (table.begin_of(table.ends.size()) != footer.table_begin) {
    return damaged("its frames are " + std::to_string(table.begin_of(table.ends.size())) +
                   " bytes, and the file has " + std::to_string(footer.table_begin));
  }
  return table;
}

}  // namespace sqbackup
