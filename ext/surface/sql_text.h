// Reads SQL text as far as it takes to tell what a statement itself calls.
#pragma once

#include <string_view>

namespace sqbackup {

// Whether `sql` calls the function `name` (lower case): the name, bare or quoted as an identifier, before a
// '('. What string literals and comments hold does not count. Tokens as in https://sqlite.org/lang_expr.html.
bool calls_function(std::string_view sql, std::string_view name);

}  // namespace sqbackup
