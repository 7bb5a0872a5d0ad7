#include "format/json_members.h"

#include <algorithm>

namespace sqbackup {

std::string json_time(UnixMillis time) {
  std::string text = format_sql_time(time);
  std::replace(text.begin(), text.end(), ' ', 'T');
  return text + "Z";
}

MemberReader::MemberReader(const OrderedJson& object, std::string prefix, std::string& fault)
    : object_(object), prefix_(std::move(prefix)), fault_(fault) {
  if (object_.is_object()) return;
  if (prefix_.empty()) {
    note("it is no JSON object");
  } else {
    note("member '" + prefix_.substr(0, prefix_.size() - 1) + "' is not an array of objects");
  }
}

std::string MemberReader::text(const char* key) {
  const OrderedJson* json = member(key);
  const auto* value = json == nullptr ? nullptr : json->get_ptr<const std::string*>();
  if (value == nullptr) wrong(key, "a string");
  return value == nullptr ? std::string() : *value;
}

bool MemberReader::flag(const char* key) {
  const OrderedJson* json = member(key);
  const auto* value = json == nullptr ? nullptr : json->get_ptr<const bool*>();
  if (value == nullptr) wrong(key, "true or false");
  return value != nullptr && *value;
}

std::optional<std::int64_t> MemberReader::count_or_null(const char* key) {
  const OrderedJson* json = member(key);
  if (json != nullptr && json->is_null()) return std::nullopt;
  const auto value = integer<std::int64_t>(key);
  if (value < 0) wrong(key, "null or a count");
  return value;
}

double MemberReader::seconds(const char* key) {
  const OrderedJson* json = member(key);
  const double value = json != nullptr && json->is_number() ? json->get<double>() : -1;
  if (!(value >= 0)) wrong(key, "a number of seconds");
  return value;
}

const OrderedJson& MemberReader::array(const char* key) {
  static const OrderedJson& kEmpty = *new OrderedJson(OrderedJson::array());
  const OrderedJson* json = member(key);
  if (json != nullptr && json->is_array()) return *json;
  wrong(key, "an array");
  return kEmpty;
}

const OrderedJson& MemberReader::object(const char* key) {
  static const OrderedJson& kEmpty = *new OrderedJson(OrderedJson::object());
  const OrderedJson* json = member(key);
  if (json != nullptr && json->is_object()) return *json;
  wrong(key, "an object");
  return kEmpty;
}

std::vector<std::string> MemberReader::texts(const char* key) {
  std::vector<std::string> texts;
  for (const OrderedJson& text : array(key)) {
    if (!text.is_string()) wrong(key, "an array of strings");
    texts.push_back(text.is_string() ? *text.get_ptr<const std::string*>() : std::string());
  }
  return texts;
}

std::string MemberReader::labels(const char* key) {
  const OrderedJson* json = member(key);
  if (json != nullptr && json->is_null()) return {};
  if (json != nullptr && json->is_object()) return json->dump();
  wrong(key, "an object or null");
  return {};
}

UnixMillis MemberReader::time(const char* key) {
  const std::string value = text(key);
  const std::optional<UnixMillis> time = parse_time(value);
  if (time.has_value() && json_time(*time) == value) return *time;
  wrong(key, "a UTC time with milliseconds");
  return 0;
}

const OrderedJson* MemberReader::member(const char* key) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void MemberReader::wrong(const std::string& key, std::string_view expected) {
  note("member '" + prefix_ + key + "' is missing or not " + std::string(expected));
}

void MemberReader::note(const std::string& fault) {
  if (fault_.empty()) fault_ = fault;
}

}  // namespace sqbackup
