#include "sched/time_zone.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "sched/tzif.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kMaxFileSize = 262'144;  // the largest have 4 KiB
constexpr std::size_t kMaxName = 100;
constexpr std::int64_t kBeginOfTime = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();

// Parts of letters, digits, "_", "+", "-" and inner dots, divided by single slashes: no way out of the
// directory.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  char before = '/';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '_' && c != '+' && c != '-' && c != '/' && c != '.') return false;
    if (before == '/' && (c == '/' || c == '.')) return false;
    before = c;
  }
  return before != '/';
}

Status no_such_zone(std::string_view name, const std::string& directory) {
  return {Error::kBadSetting,
          "there is no time zone '" + std::string(name) + "' in " + directory +
              ": legal are UTC and IANA names such as Europe/Berlin, in this spelling; the "
              "package tzdata installs them"};
}

int year_of(std::int64_t time) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(time)};
  return int{std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(instant)).year()};
}

// The span around `time` between changes in their order; before the first, `offset` holds since `begin`.
TimeZone::Span span_among(const std::vector<PosixTz::Change>& changes, std::int64_t time, std::int64_t begin,
                          std::int64_t offset) {
  const auto after = std::upper_bound(changes.begin(), changes.end(), time,
                                      [](std::int64_t t, const PosixTz::Change& c) { return t < c.at; });
  TimeZone::Span span{begin, kEndOfTime, offset};
  if (after != changes.end()) span.end = after->at;
  if (after != changes.begin()) {
    span.begin = std::max(begin, std::prev(after)->at);
    span.offset = std::prev(after)->offset;
  }
  return span;
}

}  // namespace

struct TimeZone::Rep {
  std::string name;
  TzData data;
};

TimeZone::TimeZone(std::string name, TzData data)
    : rep_(std::make_shared<const Rep>(Rep{std::move(name), std::move(data)})) {}

TimeZone TimeZone::utc() { return TimeZone("UTC", TzData()); }

Result<TimeZone> TimeZone::parse(std::string_view name, ByteView content) {
  SQB_ASSIGN(TzData data, parse_tzif(content));
  return TimeZone(std::string(name), std::move(data));
}

Result<TimeZone> TimeZone::load(FileEnv& files, std::string_view name, const std::string& directory) {
  if (name == "UTC") return utc();
  if (!is_zone_name(name)) return no_such_zone(name, directory);
  const std::string path = join_path(directory, name);
  auto file = files.open(path, true);  // many zones are symbolic links to others
  if (!file.ok()) {
    const Error error = file.status().error();
    const bool missing = error == Error::kNoSuchFile || error == Error::kNotAnOrdinaryFile;
    return missing ? no_such_zone(name, directory) : file.status();
  }
  SQB_ASSIGN(const FileInfo info, (*file)->info());
  if (info.size > kMaxFileSize) return no_such_zone(name, directory);
  std::vector<std::uint8_t> content(info.size);
  SQB_ASSIGN(const std::size_t size, (*file)->read_at(0, content));
  auto zone = parse(name, ByteView(content).first(size));
  if (!zone.ok()) return zone.status().with_context(path);
  return zone;
}

const std::string& TimeZone::name() const { return rep_->name; }

TimeZone::Span TimeZone::span_at(std::int64_t time) const {
  const TzData& data = rep_->data;
  const std::int64_t ruled_from = data.changes.empty() ? kBeginOfTime : data.changes.back().at;
  if (!data.rule || time < ruled_from) {
    return span_among(data.changes, time, kBeginOfTime, data.first_offset);
  }
  // A change may be a week into a neighbouring year; two years on each side hold one before and one after.
  const int year = year_of(time);
  return span_among(data.rule->changes(year - 2, year + 2), time, ruled_from, data.rule->standard_offset());
}

}  // namespace sqbackup
