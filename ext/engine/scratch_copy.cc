#include "engine/scratch_copy.h"

#include <new>

#include "base/random.h"
#include "codec/age/bech32.h"
#include "codec/age/x25519.h"
#include "engine/stored_image.h"

namespace sqbackup {

namespace {

// Nobody holds the other half of this key.
Result<std::shared_ptr<const AgeLock>> lock_for_nobody() {
  Secret scalar(kX25519Size);
  SQB_TRY(fill_random(scalar.span()));
  SQB_ASSIGN(const X25519Point point, x25519_public(scalar));
  SQB_ASSIGN(const auto recipient, AgeRecipient::parse(bech32_encode("age", point)));
  auto lock = std::make_shared<AgeLock>();
  lock->recipients.push_back(recipient);
  return {std::move(lock)};
}

}  // namespace

Result<std::unique_ptr<ScratchCopy>> ScratchCopy::make(BackupDirectory& directory, bool sealed) {
  SQB_ASSIGN(const std::string uuid, random_uuid());
  const std::string name = "scratch-" + uuid;
  SQB_ASSIGN(auto lock, directory.lock_name(name, LockMode::kExclusive));
  std::unique_ptr<ScratchCopy> copy(new ScratchCopy(
      directory.files(), join_path(directory.path(), "." + name + ".partial"), std::move(lock)));
  SQB_ASSIGN(copy->file_, directory.files().create(copy->path_));
  copy->form_.encrypted = sealed;
  if (sealed) {
    SQB_ASSIGN(copy->form_.lock, lock_for_nobody());
  }
  copy->writer_.emplace(*copy->file_, copy->form_);
  return copy;
}

Result<ByteSink*> ScratchCopy::begin() { return writer_->begin(); }

Status ScratchCopy::finish() {
  SQB_ASSIGN(auto written, writer_->finish());
  key_ = std::move(written.key);
  return {};
}

Result<std::unique_ptr<ByteSource>> ScratchCopy::content() {
  Unlock unlock;
  if (key_) unlock.file_key = &*key_;
  SQB_ASSIGN(auto image, StoredImage::open(files_, path_, form_, unlock));
  return {std::move(image)};
}

ScratchCopy::~ScratchCopy() {
  file_.reset();
  try {
    static_cast<void>(files_.remove(path_));
  } catch (const std::bad_alloc&) {  // no memory to say why it could not be removed
  }
}

}  // namespace sqbackup
