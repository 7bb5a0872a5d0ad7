// Bounds on JSON text from outside, checked before it is parsed: how deep it nests and how many members one
// object has. They keep hostile text from exhausting the stack or from taking quadratic time.
#pragma once

#include <string_view>

namespace sqbackup {

inline constexpr int kMaxJsonDepth = 64;
inline constexpr int kMaxJsonMembers = 256;

// Whether `text`, if it is JSON at all, stays within the bounds when it stands inside `outer_depth` levels of
// other JSON. One pass, no allocation.
bool within_json_bounds(std::string_view text, int outer_depth);

}  // namespace sqbackup
