#include "net/url.h"

#include <algorithm>
#include <charconv>

namespace sqbackup {
namespace {

constexpr std::size_t kMaxUrl = 16'384;  // two keys of an object store, percent-encoded, have 6 KiB

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

Status bad(std::string_view what) {
  return {Error::kBadSetting, "not a URL that can be used: " + std::string(what)};
}

bool is_name(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

bool is_ipv6(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const std::string_view address = host.substr(1, host.size() - 2);
  return address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

Status take_authority(std::string_view text, Url& url) {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    url.user_info = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (url.user_info.find('@') != std::string::npos) {
      return bad("write an '@' in a user or password as %40, and '/', ':', '?', '#' as %2F, %3A, %3F, %23");
    }
  }
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    url.port = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (!is_port(url.port)) return bad("the port is not a number from 1 to 65535");
  }
  url.host = text;
  return is_name(text) || is_ipv6(text) ? Status() : bad("it names no host");
}

Status check_scheme(const Url& url, std::string_view plain, std::string_view secure) {
  if (url.scheme == plain || url.scheme == secure) return {};
  return bad("it begins with neither " + std::string(plain) + ":// nor " + std::string(secure) + "://");
}

}  // namespace

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrl) return bad("it is longer than 16384 bytes");
  for (const char c : text) {
    if (c <= 0x20 || c > 0x7e) return bad("it holds a blank, a control character or a letter beyond ASCII");
    if (c == '#') return bad("it holds a '#'; leave out what follows it, or write %23");
    if (c == '\\' || c == '"' || c == '<' || c == '>') return bad("it holds a \\, \", < or >");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return bad("it does not begin with a scheme and ://");
  Url url;
  for (const char c : text.substr(0, colon)) {
    if (!is_letter(c) && !is_digit(c)) return bad("it does not begin with a scheme and ://");
    url.scheme += lower(c);
  }
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  SQB_TRY(take_authority(text.substr(0, end), url));
  const std::size_t query = std::min(text.find('?', end), text.size());
  url.path = text.substr(end, query - end);
  url.query = text.substr(query);
  return url;
}

std::string shown_url(std::string_view text) {
  const auto url = parse_url(text);
  if (!url.ok()) return "the URL";
  return url->scheme + "://" + url->host + (url->port.empty() ? "" : ":" + url->port);
}

bool is_loopback(const Url& url) {
  if (equal_in_any_case(url.host, "localhost") || url.host == "[::1]") return true;
  // Of a name such as 127.example.com nothing is known.
  return url.host.starts_with("127.") && url.host.find_first_not_of("0123456789.") == std::string::npos;
}

Status check_http_url(std::string_view text) {
  SQB_ASSIGN(const Url url, parse_url(text));
  return check_scheme(url, "http", "https");
}

Status check_smtp_url(std::string_view text) {
  SQB_ASSIGN(const Url url, parse_url(text));
  SQB_TRY(check_scheme(url, "smtp", "smtps"));
  // That is the rest of a password with a '/' in it, whose beginning would be taken for the host, and shown.
  if (url.path.find('@') != std::string::npos) {
    return bad("a '/' in its user or password is written as %2F");
  }
  return url.query.empty() ? Status() : bad("a mail server's URL has no '?'");
}

}  // namespace sqbackup
