// TempDir: a fresh directory for one test, removed with all its content at the end. And whole files in one
// call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqbackup_test {

class TempDir {
 public:
  TempDir();  // under $TMPDIR, else /tmp; its path holds no symbolic links
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string path_of(std::string_view name) const;

 private:
  std::string path_;
};

// These end the test when they fail.
void write_whole_file(const std::string& path, std::string_view content);  // creates or replaces
std::string read_whole_file(const std::string& path);

std::vector<std::string> names_in(const std::string& directory);  // sorted
bool path_exists(const std::string& path);                        // be it a dangling symbolic link

}  // namespace sqbackup_test
