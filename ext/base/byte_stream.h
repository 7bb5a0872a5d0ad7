// Bytes that flow: the two ends between which codecs stand.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace sqbackup {

// Takes bytes in order. Used by one thread at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status append(ByteView bytes) = 0;
};

// Bytes of a known number that can be read anywhere. Used by one thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  // Reads at `offset` until `out` is full or the bytes end; returns how many were read.
  virtual Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) = 0;
};

}  // namespace sqbackup
