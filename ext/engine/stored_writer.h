// StoredWriter: the codecs between a database image and the file of a backup.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "codec/age/writer.h"
#include "codec/zstd_writer.h"
#include "engine/file_sink.h"
#include "engine/stored_form.h"

namespace sqbackup {

class StoredWriter {
 public:
  StoredWriter(WritableFile& file, const StoredForm& form) : form_(form), file_(file) {}

  // The image begins, perhaps anew: empties the file. Where its bytes go until the next call.
  Result<ByteSink*> begin();

  struct Written {
    std::uint64_t bytes = 0;
    std::string sha256;             // of the file; empty where the form is plain: it is the image's
    std::optional<AgeFileKey> key;  // that reads it again, where it is encrypted
  };
  // The image is complete: so is the file.
  Result<Written> finish();

 private:
  const StoredForm form_;
  FileSink file_;
  std::optional<AgeWriter> age_;
  std::unique_ptr<ZstdWriter> zstd_;
};

}  // namespace sqbackup
