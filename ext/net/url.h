// URLs as settings hold them: what is accepted, and how much of one may be shown.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sqbackup {

struct Url {
  std::string scheme;     // lower case
  std::string user_info;  // what stands before '@': secret
  std::string host;       // without the port; "[::1]" keeps its brackets
  std::string port;       // digits; empty: the scheme's own
  std::string path;       // empty, or from '/' on: may be secret
  std::string query;      // empty, or from '?' on: may be secret
};

// Takes scheme://[user[:password]@]host[:port][/path][?query] in printable ASCII, and no fragment. Error:
// kBadSetting with what is wrong, never with the text itself.
Result<Url> parse_url(std::string_view text);

// "https://host:port", which is all of a URL that may stand in a message; "the URL" for what is none.
std::string shown_url(std::string_view text);

// Whether the host is this machine by its name or address: localhost, 127.0.0.0/8, [::1].
bool is_loopback(const Url& url);

// For settings: ok, or kBadSetting with what is wrong.
Status check_http_url(std::string_view text);  // http:// or https://
Status check_smtp_url(std::string_view text);  // smtp:// or smtps://, without a query

bool equal_in_any_case(std::string_view a, std::string_view b);  // of ASCII letters

}  // namespace sqbackup
