// ImageCheck: SQLite's integrity check of an image, made to tell damage from what only the application can
// judge.
#pragma once

#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "pages/connection.h"
#include "pages/image.h"
#include "pages/progress_handler.h"

namespace sqbackup {

class ImageCheck {
 public:
  ImageCheck(Connection& image, Progress& progress);
  ~ImageCheck();
  ImageCheck(const ImageCheck&) = delete;
  ImageCheck& operator=(const ImageCheck&) = delete;

  Status run(CheckDepth depth);

 private:
  Result<std::string> first_finding(CheckDepth depth);
  bool is_damage(const std::string& finding) const;
  bool stand_in_for_function(const std::string& error);
  static void collation_needed(void* self, sqlite3* connection, int encoding, const char* name);

  Connection& image_;
  Progress& progress_;
  ProgressHandler handler_;
  bool stand_ins_ = false;  // collations or functions of ours stand where the application's would
};

}  // namespace sqbackup
