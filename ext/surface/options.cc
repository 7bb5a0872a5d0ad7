#include "surface/options.h"

#include <nlohmann/json.hpp>
#include <set>

#include "format/text_list.h"

namespace sqbackup {
namespace {

using Json = nlohmann::ordered_json;

Status bad(std::string message) { return {Error::kBadOption, std::move(message)}; }

std::string quote(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string legal_keys(std::span<const OptionSpec> legal) {
  std::string keys;
  for (const OptionSpec& spec : legal) keys.append(keys.empty() ? "" : ", ").append(spec.key);
  return keys;
}

std::string describe(const Json& value) {
  constexpr std::size_t kShown = 40;
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  const std::string text = value.dump();
  return text.size() <= kShown ? text : std::string(value.is_string() ? "a long text" : "a long number");
}

// Parses with a watch for keys that are given twice, which JSON libraries resolve silently.
Result<Json> parse_object(std::string_view text, const char* what) {
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second &&
        repeated.empty()) {
      repeated = parsed.get<std::string>();
    }
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, false);
  if (json.is_discarded())
    return bad(std::string(what) + " must be one JSON object, such as {\"key\":\"value\"}; this is not JSON");
  if (!json.is_object()) return bad(std::string(what) + " must be one JSON object, not " + describe(json));
  if (!repeated.empty()) return bad(std::string(what) + ": the key " + quote(repeated) + " is given twice");
  return json;
}

Result<std::string> checked_labels(const Json& value) {
  for (const auto& [key, label] : value.items()) {
    if (!label.is_string() && !label.is_number() && !label.is_boolean()) {
      return bad("label " + quote(key) + " must be a text, number or boolean, not " + describe(label));
    }
  }
  return value.dump();
}

bool is_choice(std::string_view value, std::string_view choices) {
  while (!choices.empty()) {
    const std::size_t comma = choices.find(", ");
    if (choices.substr(0, comma) == value) return true;
    choices = comma == std::string_view::npos ? std::string_view() : choices.substr(comma + 2);
  }
  return false;
}

Status wrong_type(const OptionSpec& spec, std::string_view expected, const Json& value) {
  return bad("option " + quote(spec.key) + " must be " + std::string(expected) + ", not " + describe(value));
}

Result<std::string> checked_text(const OptionSpec& spec, const Json& value) {
  if (!value.is_string()) return wrong_type(spec, "a text", value);
  auto text = value.get<std::string>();
  if (text.find('\0') != std::string::npos) {
    return bad("option " + quote(spec.key) + " holds a NUL character");
  }
  return text;
}

Result<std::string> checked_texts(const OptionSpec& spec, const Json& value) {
  if (value.is_string()) return checked_text(spec, value);
  if (!value.is_array()) return wrong_type(spec, "a text or an array of texts", value);
  for (const Json& each : value) SQB_TRY(checked_text(spec, each).status());
  return value.dump();
}

Result<std::string> checked(const OptionSpec& spec, const Json& value) {
  switch (spec.type) {
    case OptionType::kText:
      return checked_text(spec, value);
    case OptionType::kSwitch:
      if (value == true || value == 1) return std::string("1");
      if (value == false || value == 0) return std::string("0");
      return wrong_type(spec, "true or false", value);
    case OptionType::kChoice:
      if (value.is_string() && is_choice(value.get<std::string>(), spec.choices))
        return value.get<std::string>();
      return wrong_type(spec, std::string("one of: ") + spec.choices, value);
    case OptionType::kLabels:
      if (!value.is_object()) return wrong_type(spec, "a JSON object", value);
      return checked_labels(value);
    case OptionType::kTexts:
      return checked_texts(spec, value);
  }
  return Status(Error::kInternal, "option of no known type");
}

}  // namespace

Result<Options> Options::parse(std::string_view json, std::span<const OptionSpec> legal) {
  SQB_ASSIGN(const Json object, parse_object(json, "options"));
  Options options;
  for (const auto& [key, value] : object.items()) {
    const OptionSpec* known = nullptr;
    for (const OptionSpec& spec : legal) {
      if (key == spec.key) known = &spec;
    }
    if (known == nullptr) return bad("unknown option " + quote(key) + "; legal here: " + legal_keys(legal));
    SQB_ASSIGN(options.values_[key], checked(*known, value));
  }
  return options;
}

std::optional<std::string> Options::text(const char* key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<bool> Options::flag(const char* key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second == "1";
}

std::optional<std::vector<std::string>> Options::texts(const char* key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return read_text_list(found->second).value_or(std::vector{found->second});
}

Result<std::string> parse_labels(std::string_view json) {
  SQB_ASSIGN(const Json object, parse_object(json, "labels"));
  return checked_labels(object);
}

}  // namespace sqbackup
