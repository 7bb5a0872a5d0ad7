#include "sched/tzif.h"

#include <algorithm>
#include <string>

#include "sched/time_zone.h"

namespace sqbackup {
namespace {

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kTypeSize = 6;
constexpr std::int64_t kFirstTime = -62167219200;  // the years 0 to 9999
constexpr std::int64_t kLastTime = 253402300799;

Status damaged(const char* what) {
  return {Error::kIoError,
          std::string("the time zone file is damaged (") + what + "): install the package tzdata again"};
}

std::int64_t read_be64(const std::uint8_t* p) {
  return static_cast<std::int64_t>((std::uint64_t{read_be32(p)} << 32) | read_be32(p + 4));
}

struct Header {
  std::uint64_t is_ut, is_std, leaps, times, types, characters;

  // Of the data that follow, with times of `time_size` bytes.
  std::uint64_t data_size(std::uint64_t time_size) const {
    return times * time_size + times + types * kTypeSize + characters + leaps * (time_size + 4) + is_std +
           is_ut;
  }
};

Result<Header> read_header(ByteView bytes) {
  constexpr std::uint8_t kMagic[] = {'T', 'Z', 'i', 'f'};
  if (bytes.size() < kHeaderSize) return damaged("too short");
  if (!std::equal(kMagic, kMagic + 4, bytes.begin())) return damaged("not TZif");
  if (bytes[4] < '2') return damaged("version 1");
  const std::uint8_t* p = bytes.data() + 20;
  return Header{read_be32(p),      read_be32(p + 4),  read_be32(p + 8),
                read_be32(p + 12), read_be32(p + 16), read_be32(p + 20)};
}

Status read_changes(const Header& header, const std::uint8_t* times, TzData* out) {
  const std::uint8_t* indexes = times + header.times * 8;
  const std::uint8_t* types = indexes + header.times;
  for (std::uint64_t i = 0; i < header.types; ++i) {
    const auto offset = static_cast<std::int32_t>(read_be32(types + i * kTypeSize));
    if (offset < -TimeZone::kMaxOffset || offset > TimeZone::kMaxOffset) return damaged("an offset");
  }
  const auto offset_of = [&](std::uint8_t index) {
    return std::int64_t{static_cast<std::int32_t>(read_be32(types + index * kTypeSize))};
  };
  out->first_offset = offset_of(0);
  out->changes.reserve(header.times);
  for (std::uint64_t i = 0; i < header.times; ++i) {
    const std::int64_t at = read_be64(times + i * 8);
    if (i > 0 && at <= read_be64(times + (i - 1) * 8)) return damaged("the order of its times");
    if (indexes[i] >= header.types) return damaged("a type");
    out->changes.push_back({std::clamp(at, kFirstTime, kLastTime), offset_of(indexes[i])});
  }
  return {};
}

Status read_rule(std::string_view footer, TzData* out) {
  if (footer.size() < 2 || footer.front() != '\n') return damaged("no rule at its end");
  const std::size_t end = footer.find('\n', 1);
  if (end == std::string_view::npos) return damaged("no rule at its end");
  if (end == 1) return {};
  out->rule = PosixTz::parse(footer.substr(1, end - 1));
  return out->rule ? Status() : damaged("the rule at its end");
}

}  // namespace

Result<TzData> parse_tzif(ByteView content) {
  // The first block repeats the data with times of 32 bits, for readers of version 1.
  SQB_ASSIGN(const Header old, read_header(content));
  const std::uint64_t skipped = kHeaderSize + old.data_size(4);
  if (skipped > content.size()) return damaged("too short");
  content = content.subspan(skipped);

  SQB_ASSIGN(const Header header, read_header(content));
  content = content.subspan(kHeaderSize);
  const std::uint64_t size = header.data_size(8);
  if (size > content.size()) return damaged("too short");
  if (header.types == 0) return damaged("no type");
  if (header.leaps != 0) {
    return Status(Error::kBadSetting,
                  "the time zone file counts leap seconds: use the zone's name without 'right/'");
  }
  TzData data;
  SQB_TRY(read_changes(header, content.data(), &data));
  const ByteView footer = content.subspan(size);
  SQB_TRY(read_rule({reinterpret_cast<const char*>(footer.data()), footer.size()}, &data));
  return data;
}

}  // namespace sqbackup
