// ImageCheck: SQLite's integrity check of an image, made to tell damage from what only the application can
// judge.
#pragma once

#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "pages/connection.h"
#include "pages/image.h"
#include "pages/progress_handler.h"
#include "pages/stand_ins.h"

namespace sqbackup {

class ImageCheck {
 public:
  ImageCheck(Connection& image, Progress& progress);

  Status run(CheckDepth depth);

 private:
  Result<std::string> first_finding(CheckDepth depth);
  bool is_damage(const std::string& finding, CheckDepth depth) const;

  Connection& image_;
  Progress& progress_;
  ProgressHandler handler_;
  StandIns stand_ins_;
};

}  // namespace sqbackup
