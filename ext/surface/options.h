// The options of a call: one JSON object, strictly checked. An unknown key, a key given twice or a value of
// the wrong type is an error that names it; nothing is ignored.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqbackup {

enum class OptionType {
  kText,    // a string without NUL characters
  kSwitch,  // true, false, 1 or 0 (SQL has no booleans of its own)
  kChoice,  // one of `choices`
  kLabels,  // an object whose values are strings, numbers or booleans
  kTexts,   // such a string, or an array of them
};

struct OptionSpec {
  const char* key;
  OptionType type;
  const char* choices = nullptr;  // "a, b, c"
};

class Options {
 public:
  Options() = default;  // none given

  // Errors: kBadOption.
  static Result<Options> parse(std::string_view json, std::span<const OptionSpec> legal);

  // kText, kChoice, and the JSON text of kLabels and of an array of kTexts.
  std::optional<std::string> text(const char* key) const;
  std::optional<bool> flag(const char* key) const;                       // kSwitch
  std::optional<std::vector<std::string>> texts(const char* key) const;  // kTexts
  bool has(const char* key) const { return values_.contains(key); }

 private:
  std::map<std::string, std::string, std::less<>> values_;  // switches as "1" and "0"
};

// The checked JSON text of a labels object. Errors: kBadOption.
Result<std::string> parse_labels(std::string_view json);

}  // namespace sqbackup
