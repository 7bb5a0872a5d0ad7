#include "engine/store_rows.h"

#include "codec/sha256.h"
#include "engine/contents.h"

namespace sqbackup {
namespace {

class HashedSink : public ByteSink {
 public:
  HashedSink(Sha256 hash, ByteSink& out) : hash_(std::move(hash)), out_(out) {}
  Status append(ByteView bytes) override {
    hash_.update(bytes);
    return out_.append(bytes);
  }
  std::string finish() { return hash_.finish_hex(); }

 private:
  Sha256 hash_;
  ByteSink& out_;
};

}  // namespace

Result<std::string> store_rows(Connection& image, const JsonDumpOptions& options, bool check, ByteSink& out,
                               Manifest& manifest, Progress& progress) {
  SQB_ASSIGN(auto hash, Sha256::create());
  HashedSink text(std::move(hash), out);
  auto snapshot = dump_json(image, options, text, progress);
  if (snapshot.status().is(Error::kDatabaseDamaged)) {
    return Status(Error::kDatabaseDamaged,
                  "the database is damaged, and its rows cannot be read: " + snapshot.status().message() +
                      "; format 'sqlite' keeps its bytes as they are");
  }
  if (!snapshot.ok()) return snapshot.status();
  SQB_TRY(describe_rows(image, *snapshot, check, manifest, progress));
  return text.finish();
}

}  // namespace sqbackup
