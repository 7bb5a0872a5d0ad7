// Members of a JSON object, read by name with the type that each must have. Internal to format/.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace sqbackup {

// Keeps the members in their order.
using OrderedJson = nlohmann::ordered_json;

// A time as manifests have it: "2026-11-20T10:30:00.000Z".
std::string json_time(UnixMillis time);

// Takes typed members out of an object. The first member that is missing or ill-typed is remembered in
// `fault`, and what is read after it is worthless.
class MemberReader {
 public:
  // `prefix`: where the object stands ("tables."), empty for the outermost.
  MemberReader(const OrderedJson& object, std::string prefix, std::string& fault);

  std::string text(const char* key);
  bool flag(const char* key);
  template <typename T>
  T integer(const char* key) {
    const OrderedJson* json = member(key);
    if (json == nullptr || !json->is_number_integer()) return wrong(key, "an integer"), T{};
    const bool in_range = json->is_number_unsigned()
                              ? std::in_range<T>(*json->get_ptr<const std::uint64_t*>())
                              : std::in_range<T>(*json->get_ptr<const std::int64_t*>());
    if (!in_range) wrong(key, "an integer in range");
    return in_range ? json->get<T>() : T{};
  }
  std::optional<std::int64_t> count_or_null(const char* key);
  double seconds(const char* key);
  const OrderedJson& array(const char* key);
  std::vector<std::string> texts(const char* key);
  std::string labels(const char* key);  // the text of an object; empty for null
  UnixMillis time(const char* key);
  const OrderedJson& object(const char* key);

  void wrong(const std::string& key, std::string_view expected);

 private:
  const OrderedJson* member(const char* key) const;  // null: there is none
  void note(const std::string& fault);

  const OrderedJson& object_;
  std::string prefix_;
  std::string& fault_;
};

}  // namespace sqbackup
