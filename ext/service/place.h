// Place: where copies of backups go off the machine, as settings and options name it, and the store for it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "service/database.h"
#include "store/object_store.h"

namespace sqbackup {

// s3://bucket[/prefix] (store/s3/s3_url.h), or file:///directory, an absolute path with %XX where a byte
// needs it.
struct Place {
  std::string url;        // as it was given
  std::string directory;  // of file://; empty: it is a bucket
};
Result<Place> parse_place(std::string_view url);  // kBadSetting

// Whether a point is a URL; then what it means: "s3://bucket/prefix/NAME". kBadPoint.
bool is_remote(std::string_view point);
struct RemotePoint {
  std::string place;
  std::string name;  // or "latest"
};
Result<RemotePoint> remote_point(std::string_view point);

// A store and what it works with.
class OpenPlace {
 public:
  // `url` nullopt: the setting. By the settings of `database`: endpoint, region, path_style, the keys. Makes
  // no request. kBadSetting, also where there is no url; kNoSuchFile for a directory that is not there.
  static Result<std::unique_ptr<OpenPlace>> open(Database& database, const std::optional<std::string>& url);
  ~OpenPlace();

  ObjectStore& store() { return *store_; }
  std::string url() const { return store_->url_of(""); }       // ends in '/'
  const std::string& directory() const { return directory_; }  // empty: it is a bucket

 private:
  struct S3;
  OpenPlace();
  std::string directory_;
  std::unique_ptr<S3> s3_;
  std::unique_ptr<ObjectStore> store_;
};

// The newest backup there, by its name as ours, that is no pre_restore. One whose manifest cannot be read
// counts: kManifestDamaged, and the newest other one is named. kNoSuchBackup.
Result<std::string> newest_in(OpenPlace& place, const Cancel& cancel);

}  // namespace sqbackup
