// A list of texts as a JSON array, as settings hold it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sqbackup {

// nullopt: no JSON array of strings.
std::optional<std::vector<std::string>> read_text_list(std::string_view json);
std::string write_text_list(const std::vector<std::string>& texts);

}  // namespace sqbackup
