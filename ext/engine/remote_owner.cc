#include "engine/remote_owner.h"

#include "engine/remote_backup.h"
#include "engine/remote_layout.h"

namespace sqbackup {
namespace {

constexpr std::size_t kLargestOwner = 1 << 20;

// What stands there was written by others.
std::string shown(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, 300))
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return line;
}

std::string what_to_do(const std::string& url) {
  return "; SELECT backup_adopt('" + url + "') takes it over, another prefix keeps both";
}

}  // namespace

Result<std::optional<PlaceOwner>> read_owner(ObjectStore& store, const Cancel& cancel) {
  const auto text = read_text_object(store, kOwnerKey, kLargestOwner, cancel);
  const bool too_large = text.status().is(Error::kManifestDamaged);
  if (!text.ok() && !too_large) return text.status();
  if (!too_large && !*text) return std::optional<PlaceOwner>();
  auto owner = too_large ? Result<PlaceOwner>(text.status()) : parse_owner(**text);
  if (owner.ok()) return std::optional<PlaceOwner>(std::move(*owner));
  if (!too_large && !owner.status().is(Error::kRemoteTaken)) return owner.status();
  return Status(Error::kRemoteTaken,
                "whose '" + store.url_of("") + "' is cannot be told, because '" + store.url_of(kOwnerKey) +
                    "' cannot be read: " + owner.status().message() + what_to_do(store.url_of("")));
}

Result<std::string> backup_of_another(ObjectStore& store, const std::string& database_id,
                                      const Cancel& cancel) {
  SQB_ASSIGN(const RemoteListing listing, list_remote(store, cancel));
  std::vector<std::string> names = listing.no_data;
  for (const RemoteBackup& backup : listing.backups) names.push_back(backup.name);
  for (const std::string& name : names) {
    const auto backup = read_remote_manifest(store, name, cancel);
    if (backup.status().is(Error::kNoSuchBackup)) continue;  // removed meanwhile
    if (backup.status().is(Error::kManifestDamaged)) return name;
    if (!backup.ok()) return backup.status();
    if (backup->manifest.database_id != database_id) return name;
  }
  return std::string();
}

OwnerVerdict decide_owner(const std::optional<PlaceOwner>& there, const OwnerMemory& memory,
                          const OwnerSelf& self, const std::string& of_another) {
  if (!there) {
    if (of_another.empty()) return {PlaceState::kFree, "nobody has claimed it"};
    return {PlaceState::kAnothers, "it holds the backup '" + of_another + "', which is not of this database"};
  }
  if (there->token == memory.current || there->token == memory.pending)
    return {PlaceState::kMine, "this machine wrote there last"};
  if (there->database_id != self.database_id) {
    const bool same_file = there->database_path == self.database_path && there->host == self.host;
    return {PlaceState::kAnothers,
            same_file
                ? "that was another database at this path, or this one before its backup directory was lost"
                : "that is another database"};
  }
  const bool remembers = !memory.current.empty() || !memory.pending.empty();
  if (remembers) {
    return {PlaceState::kAnothers,
            "that was not this machine as it is now, but a copy of it, another one with this database, or "
            "itself before its catalog was put back to an earlier state"};
  }
  if (there->database_path != self.database_path)
    return {PlaceState::kAnothers, "here the same database has another path"};
  if (there->host != self.host) return {PlaceState::kAnothers, "that is another machine with this database"};
  return {PlaceState::kMine, "this database of this machine wrote there last, before its catalog was new"};
}

Status remote_taken(const ObjectStore& store, const std::optional<PlaceOwner>& there,
                    const std::string& reason) {
  const std::string url = store.url_of("");
  std::string text = "'" + url + "' is taken: ";
  if (there) {
    text += "the database '" + shown(there->database_path) + "' of the machine '" + shown(there->host) +
            "' wrote there last at " + format_sql_time(there->at) + " UTC, and ";
  }
  return {Error::kRemoteTaken, text + reason + what_to_do(url)};
}

// What is there is the caller's own, be it what was pending until now: only one can be pending.
OwnerMemory memory_before_claim(const std::optional<PlaceOwner>& there, const std::string& token) {
  return {there ? there->token : std::string(), token};
}

Status claim_place(ObjectStore& store, const PlaceOwner& mine, const Cancel& cancel) {
  SQB_TRY(store.put(kOwnerKey, write_owner(mine), cancel));
  SQB_ASSIGN(const auto there, read_owner(store, cancel));
  if (there && there->token == mine.token) return {};
  return remote_taken(store, there, "that was at the same time as this session began");
}

}  // namespace sqbackup
