// The ends of a codec in memory, failing when they are told to.
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "base/byte_stream.h"
#include "base/progress.h"

namespace sqbackup_test {

class MemorySink : public sqbackup::ByteSink {
 public:
  explicit MemorySink(std::size_t failing = 0) : fail_at(failing) {}
  sqbackup::Status append(sqbackup::ByteView bytes) override {
    if (++appends == fail_at || bytes.size() > room - text.size())
      return {sqbackup::Error::kDiskFull, "the sink is full"};
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string text;
  std::size_t appends = 0;
  std::size_t fail_at;                                         // this append, from 1; 0: none
  std::size_t room = std::numeric_limits<std::size_t>::max();  // for so many bytes
};

class MemorySource : public sqbackup::ByteSource {
 public:
  explicit MemorySource(std::string bytes, std::size_t failing = 0)
      : text(std::move(bytes)), fail_at(failing) {}
  std::uint64_t size() const override { return text.size(); }
  sqbackup::Result<std::size_t> read_at(std::uint64_t offset, sqbackup::ByteSpan out) override {
    if (++reads == fail_at || offset >= fail_from)
      return sqbackup::Status(sqbackup::Error::kIoError, "the source cannot be read");
    if (offset >= text.size()) return std::size_t{0};
    const std::size_t got = std::min({out.size(), text.size() - static_cast<std::size_t>(offset), piece});
    std::memcpy(out.data(), text.data() + offset, got);
    return got;
  }
  std::string text;
  std::size_t reads = 0;
  std::size_t fail_at;                                                  // this read, from 1; 0: none
  std::uint64_t fail_from = std::numeric_limits<std::uint64_t>::max();  // each read from there on
  std::size_t piece = std::numeric_limits<std::size_t>::max();          // no read gives more
};

// Remembers what it was told, and asks to stop when `stop_at` is reached.
class RecordedProgress : public sqbackup::Progress {
 public:
  explicit RecordedProgress(std::uint64_t stop_at = ~std::uint64_t{0}) : stop_at_(stop_at) {}
  void begin_phase(const char*, std::uint64_t) override {}
  sqbackup::Status advance(std::uint64_t bytes) override {
    done = bytes;
    if (bytes >= stop_at_) return {sqbackup::Error::kInterrupted, "stopped"};
    return {};
  }
  std::uint64_t done = 0;

 private:
  const std::uint64_t stop_at_;
};

}  // namespace sqbackup_test
