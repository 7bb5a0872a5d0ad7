// owner.sqbackup.json: who writes to a place in an object store, in the open:
//
//   {"version":1,"database_id":"<uuid>","database_path":"/srv/app.db","host":"web-1","token":"<uuid>",
//    "previous":"<uuid>","at":"2026-11-20T10:30:00.000Z"}
//
// `token` is made anew for every session of uploads; `previous` is the one before, missing in the first.
// Readers ignore members that they do not know, and refuse a later version.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace sqbackup {

struct PlaceOwner {
  std::string database_id;
  std::string database_path;
  std::string host;
  std::string token;
  std::string previous;  // empty: none
  UnixMillis at = 0;     // by the writer's clock
};

// Bytes that are no UTF-8 become U+FFFD.
std::string write_owner(const PlaceOwner& owner);
// kRemoteTaken: it is no such text, so it cannot be told whose the place is.
Result<PlaceOwner> parse_owner(std::string_view text);

}  // namespace sqbackup
