// What an event is made of besides plain columns: its details as JSON, and ids that stay the same.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sqbackup {

using EventDetails = std::vector<std::pair<std::string, std::string>>;  // in this order

// {"trigger":"scheduled","code":"SQB-FULL-01"}; what is no UTF-8 becomes U+FFFD.
std::string event_details_json(const EventDetails& details);

// Reads that back. Whatever else the text is: no details.
EventDetails event_details(std::string_view json);

// A UUID of version 8 (RFC 9562) made of the text's SHA-256: the same text has the same one.
Result<std::string> uuid_of_text(std::string_view text);

}  // namespace sqbackup
