#include "format/event_text.h"

#include <nlohmann/json.hpp>

#include "codec/sha256.h"
#include "format/json_shape.h"

namespace sqbackup {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The texts of one flat object; whatever else it holds is passed over.
class DetailsReader : public nlohmann::json_sax<Json> {
 public:
  EventDetails details;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& text) override {
    if (depth_ == 1 && in_object_) details.emplace_back(key_, text);
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    if (depth_++ == 0) in_object_ = true;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = name;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
  bool in_object_ = false;  // the outermost value is one
  std::string key_;
};

}  // namespace

std::string event_details_json(const EventDetails& details) {
  // Not as one object: to destroy that takes memory, and where there is none left it ends the process. Each
  // run comes by here.
  std::string json = "{";
  for (const auto& [key, value] : details) {
    json += (json.size() > 1 ? "," : "") + quoted(key) + ':' + quoted(value);
  }
  return json + '}';
}

EventDetails event_details(std::string_view json) {
  // Read as it is parsed: see above.
  DetailsReader reader;
  if (!within_json_bounds(json, 0) || !Json::sax_parse(json, &reader)) return {};
  return std::move(reader.details);
}

Result<std::string> uuid_of_text(std::string_view text) {
  SQB_ASSIGN(std::string digits, sha256_hex(as_bytes(text)));
  digits[12] = '8';  // the version
  constexpr std::string_view kVariants = "89ab";
  digits[16] = kVariants[static_cast<std::size_t>(digits[16]) % kVariants.size()];
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' +
         digits.substr(16, 4) + '-' + digits.substr(20, 12);
}

}  // namespace sqbackup
