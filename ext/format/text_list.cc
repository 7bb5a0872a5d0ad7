#include "format/text_list.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace sqbackup {
namespace {

// Not a tree of values: their destructors take memory, and end the process where there is none.
class Texts : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<std::string> texts;

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(number_integer_t) override { return false; }
  bool number_unsigned(number_unsigned_t) override { return false; }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool string(string_t& text) override {
    texts.push_back(std::move(text));
    return inside_;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return false; }
  bool key(string_t&) override { return false; }
  bool end_object() override { return false; }
  bool start_array(std::size_t) override { return !std::exchange(inside_, true); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool inside_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> read_text_list(std::string_view json) {
  Texts list;
  if (!nlohmann::json::sax_parse(json, &list)) return std::nullopt;
  return std::move(list.texts);
}

std::string write_text_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ',';
    list += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return list + "]";
}

}  // namespace sqbackup
