#include "net/http.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/url.h"

namespace sqbackup {

const std::string* HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_in_any_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::optional<UnixMillis> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end() || text[7] != ' ' || text[11] != ' ' || text[16] != ' ') return std::nullopt;
  const auto number = static_cast<char>(month - kMonths.begin() + 1);
  const std::string month_digits = {static_cast<char>('0' + number / 10),
                                    static_cast<char>('0' + number % 10)};
  return parse_time(std::string(text.substr(12, 4)) + '-' + month_digits + '-' +
                    std::string(text.substr(5, 2)) + 'T' + std::string(text.substr(17, 8)) + 'Z');
}

std::int64_t retry_after_millis(const HttpResponse& response, std::int64_t longest_ms) {
  const std::string* text = response.header("Retry-After");
  std::int64_t seconds = 0;
  if (text == nullptr) return 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error == std::errc::result_out_of_range && text->front() != '-') return longest_ms;
  if (error != std::errc() || end != text->data() + text->size() || seconds < 0) return 0;
  return std::min(seconds, longest_ms / 1000) * 1000;
}

}  // namespace sqbackup
