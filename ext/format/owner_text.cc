#include "format/owner_text.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "format/json_members.h"

namespace sqbackup {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kVersion = 1;

Status unreadable(const std::string& fault) { return {Error::kRemoteTaken, fault}; }

// The texts and the version of the outermost object. Not a tree of values: their destructors take memory, and
// end the process where there is none.
class Members : public nlohmann::json_sax<Json> {
 public:
  std::map<std::string, std::string> texts;
  std::uint64_t version = 0;  // 0: there is none

  bool null() override { return deep(); }
  bool boolean(bool) override { return deep(); }
  bool number_integer(number_integer_t) override { return deep(); }
  bool number_unsigned(number_unsigned_t number) override {
    if (depth_ == 1 && key_ == "version") version = number;
    return deep();
  }
  bool number_float(number_float_t, const string_t&) override { return deep(); }
  bool string(string_t& text) override {
    if (depth_ == 1) texts[key_] = std::move(text);
    return deep();
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return ++depth_ <= kDeepest; }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = std::move(name);
    return true;
  }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(std::size_t) override { return deep() && ++depth_ <= kDeepest; }
  bool end_array() override { return depth_-- > 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static constexpr int kDeepest = 16;
  bool deep() const { return depth_ > 0; }  // inside the object
  int depth_ = 0;
  std::string key_;
};

void add(std::string& json, const char* name, const std::string& text) {
  json.append(",\n  \"").append(name).append("\": ");
  json += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string write_owner(const PlaceOwner& owner) {
  std::string json = "{\n  \"version\": " + std::to_string(kVersion);
  add(json, "database_id", owner.database_id);
  add(json, "database_path", owner.database_path);
  add(json, "host", owner.host);
  add(json, "token", owner.token);
  if (!owner.previous.empty()) add(json, "previous", owner.previous);
  add(json, "at", json_time(owner.at));
  return json + "\n}\n";
}

Result<PlaceOwner> parse_owner(std::string_view text) {
  Members members;
  if (!Json::sax_parse(text, &members)) return unreadable("it is not valid JSON");
  if (members.version == 0) return unreadable("member 'version' is missing");
  if (members.version > kVersion) {
    return unreadable("its version is " + std::to_string(members.version) +
                      " and this sqbackup reads only up to " + std::to_string(kVersion) +
                      "; update sqbackup");
  }
  for (const char* name : {"database_id", "database_path", "host", "token", "at"}) {
    if (!members.texts.contains(name))
      return unreadable(std::string("member '") + name + "' is missing or no text");
  }
  const auto at = parse_time(members.texts["at"]);
  if (!at) return unreadable("member 'at' is no time");
  PlaceOwner owner{members.texts["database_id"], members.texts["database_path"], members.texts["host"],
                   members.texts["token"],       members.texts["previous"],      *at};
  if (owner.token.empty()) return unreadable("member 'token' is empty");
  return owner;
}

}  // namespace sqbackup
