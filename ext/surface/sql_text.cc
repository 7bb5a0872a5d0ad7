#include "surface/sql_text.h"

#include <algorithm>

namespace sqbackup {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool same_word(std::string_view word, std::string_view lower) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(), same);
}

// Takes what begins `sql` and ends with `end` off it, that included; all of it where `end` is missing.
std::string_view take_until(std::string_view& sql, std::string_view end) {
  const std::size_t found = sql.find(end);
  const std::string_view taken = sql.substr(0, found);
  sql.remove_prefix(found == std::string_view::npos ? sql.size() : found + end.size());
  return taken;
}

std::string_view take_word(std::string_view& sql) {
  const auto end = std::find_if_not(sql.begin(), sql.end(), is_word);
  const std::string_view word = sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
  sql.remove_prefix(word.size());
  return word;
}

}  // namespace

bool calls_function(std::string_view sql, std::string_view name) {
  bool named = false;  // the token before this one is the name
  while (!sql.empty()) {
    const char first = sql.front();
    if (sql.starts_with("--")) {
      take_until(sql, "\n");
      continue;
    }
    if (sql.starts_with("/*")) {
      sql.remove_prefix(2);
      take_until(sql, "*/");
      continue;
    }
    if (is_word(first)) {
      named = same_word(take_word(sql), name);
      continue;
    }
    sql.remove_prefix(1);
    if (is_space(first)) continue;
    if (named && first == '(') return true;
    named = false;
    if (first == '\'') take_until(sql, "'");
    if (first == '"' || first == '`') named = same_word(take_until(sql, std::string_view(&first, 1)), name);
    if (first == '[') named = same_word(take_until(sql, "]"), name);
  }
  return false;
}

}  // namespace sqbackup
