#include "engine/keys.h"

#include "codec/age/in_memory.h"
#include "codec/base64.h"
#include "format/text_list.h"

namespace sqbackup {
namespace {

constexpr std::string_view kPassphrase = "passphrase";
constexpr std::string_view kSeparators = ", \t\r\n";
constexpr std::uint64_t kLargestIdentityFile = 1 << 20;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(kSeparators);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t size = std::min(text.find_first_of(kSeparators), text.size());
    words.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
}

Result<std::shared_ptr<const AgeLock>> lock_for(const std::vector<std::string>& words,
                                                const std::optional<std::string>& passphrase) {
  auto lock = std::make_shared<AgeLock>();
  if (words == std::vector<std::string>{std::string(kPassphrase)}) {
    if (!passphrase || passphrase->empty()) {
      return Status(Error::kNoKey,
                    "it is to be encrypted with a passphrase, and none is set here; SELECT "
                    "backup_config('passphrase', '...') or the environment variable SQBACKUP_PASSPHRASE");
    }
    lock->passphrase = Secret(as_bytes(*passphrase));
    return {std::move(lock)};
  }
  for (const std::string& word : words) {
    SQB_ASSIGN(auto recipient, AgeRecipient::parse(word));
    lock->recipients.push_back(recipient);
  }
  return {std::move(lock)};
}

// Errors do not show the path, which is a secret as well.
Result<Secret> read_identity_file(FileEnv& files, const std::string& path) {
  auto opened = files.open(path, /*follow_symlink=*/true);
  if (!opened.ok()) {
    return Status(opened.status().error(),
                  "the file that the setting 'identity_file' names cannot be opened; check its path and its "
                  "permissions");
  }
  auto file = std::move(opened).value();
  SQB_ASSIGN(const FileInfo info, file->info());
  if (info.size > kLargestIdentityFile)
    return Status(Error::kBadKey, "the file that 'identity_file' names is no file of identities");
  Secret text(static_cast<std::size_t>(info.size));
  SQB_ASSIGN(const std::size_t got, file->read_at(0, text.span()));
  if (got != text.size())
    return Status(Error::kIoError, "the file that 'identity_file' names became shorter while it was read");
  return text;
}

template <typename Content>
Status hide(Content& content, const AgeLock& lock) {
  SQB_ASSIGN(const std::string text, secret_of(content));
  SQB_ASSIGN(const std::string sealed, age_seal(as_bytes(text), lock));
  content.secret = base64_encode(as_bytes(sealed));
  return {};
}

}  // namespace

Result<std::string> normalize_recipients(std::string_view text) {
  auto words = read_text_list(text);
  if (!words) {
    words = split(text);
    if (words->empty())
      return Status(Error::kBadKey, "it is empty; write age1..., passphrase, or [] for nobody");
  }
  for (const std::string& word : *words) {
    if (word == kPassphrase && words->size() == 1) continue;
    if (word == kPassphrase) {
      return Status(Error::kBadKey,
                    "'passphrase' stands alone, or there are recipients; age takes no mixture");
    }
    if (const Status bad = AgeRecipient::parse(word).status(); !bad.ok()) {
      return Status(bad.error(), bad.message() +
                                     "; write age1..., several with commas between them, or the word "
                                     "passphrase");
    }
  }
  return write_text_list(*words);
}

Result<std::shared_ptr<const AgeLock>> read_lock(const std::string& recipients,
                                                 const std::optional<std::string>& passphrase) {
  const auto words = read_text_list(recipients);
  if (!words) return Status(Error::kBadKey, "encrypt_to is no list of recipients; set it again");
  if (words->empty()) return {std::shared_ptr<const AgeLock>()};
  return lock_for(*words, passphrase);
}

Encryption encryption_of(const AgeLock& lock) {
  Encryption encryption;
  for (const AgeRecipient& recipient : lock.recipients) encryption.recipients.push_back(recipient.text());
  return encryption;
}

Result<std::shared_ptr<const AgeLock>> lock_of(const Encryption& encryption,
                                               const std::optional<std::string>& passphrase) {
  if (encryption.recipients.empty()) return lock_for({std::string(kPassphrase)}, passphrase);
  return lock_for(encryption.recipients, passphrase);
}

Status check_identity(std::string_view text) { return parse_identities(text).status(); }

Result<AgeKeys> read_keys(FileEnv& files, const KeyTexts& texts) {
  AgeKeys keys;
  if (texts.identity) {
    auto identities = parse_identities(*texts.identity);
    if (!identities.ok()) return identities.status().with_context("the setting 'identity'");
    keys.identities = std::move(identities).value();
  }
  if (texts.identity_file) {
    SQB_ASSIGN(const Secret text, read_identity_file(files, *texts.identity_file));
    auto identities = parse_identities(text.text());
    if (!identities.ok()) return identities.status().with_context("the file of 'identity_file'");
    for (AgeIdentity& identity : *identities) keys.identities.push_back(std::move(identity));
  }
  if (texts.passphrase) keys.passphrase = Secret(as_bytes(*texts.passphrase));
  return keys;
}

const AgeKeys& no_keys() {
  static const AgeKeys& none = *new AgeKeys;  // never destroyed: threads may still run when the process exits
  return none;
}

Status hide_content(Manifest& manifest, const AgeLock& lock) {
  manifest.encryption = encryption_of(lock);
  manifest.secret_is_read = true;
  return hide(manifest, lock);
}

Status hide_content(Marks& marks, const AgeLock& lock) { return hide(marks, lock); }

Status reveal_content(Manifest& manifest, const AgeKeys& keys) {
  const auto sealed = base64_decode(manifest.secret);
  if (!sealed) return {Error::kManifestDamaged, "member 'secret' is no base64"};
  auto text = age_open(as_bytes(*sealed), keys);
  if (text.status().is(Error::kStoredBytesDamaged)) {
    return {Error::kManifestDamaged, "the encrypted part of the manifest: " + text.status().message()};
  }
  if (!text.ok()) return text.status();
  return read_secret(*text, manifest);
}

Status no_key(const Manifest& manifest, const Status& reason) {
  if (!reason.is(Error::kNoKey) || !manifest.encryption) return reason;
  std::string text;
  for (const std::string& recipient : manifest.encryption->recipients) {
    text.append(text.empty() ? "it is encrypted to " : ", ").append(recipient);
  }
  if (text.empty()) {
    return {Error::kNoKey, reason.message() + "; SELECT backup_config('passphrase', '...') first"};
  }
  return {Error::kNoKey, text +
                             ", and no identity that opens it is here; SELECT "
                             "backup_config('identity_file', '/path/of/key.txt') first"};
}

}  // namespace sqbackup
