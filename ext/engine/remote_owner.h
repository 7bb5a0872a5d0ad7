// Whose a place in an object store is: two machines, or two databases, that would write to one place are
// told apart, and the second is refused.
//
// The object owner.sqbackup.json (format/owner_text.h) holds a random token, and every session of uploads
// puts a new one there. The writer remembers in its own catalog which token it wrote last. So a clone of a
// machine, whose catalog remembers the same, is found out as soon as one of the two has written; and a
// container whose host name changes is not locked out. A session goes so:
//
//   1. there = read_owner(); decide_owner() over it and the memory: another's ends it with remote_taken().
//   2. token = random_uuid(); the memory becomes memory_before_claim(there, token), durably.
//   3. claim_place() with that token.
//   4. The memory becomes {token, ""}, durably.
//   5. Uploads, removals.
//
// A process that dies after any of these steps finds the place its own: what is there is `current` or
// `pending`. To take over a place that is another's (backup_adopt) is to go on with step 2 regardless.
//
// Nothing here is a lock: two that claim within the same moment may both go on, and the first of them is
// refused in its next session. No backup is overwritten by another one meanwhile (remote_backup.h).
#pragma once

#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/status.h"
#include "format/owner_text.h"
#include "store/object_store.h"

namespace sqbackup {

// What the writer's own catalog keeps for one place. Empty: none.
struct OwnerMemory {
  std::string current;  // the token that it wrote last
  std::string pending;  // the one that it may have written since
};

// Who asks.
struct OwnerSelf {
  std::string database_id;
  std::string database_path;
  std::string host;
};

enum class PlaceState { kMine, kFree, kAnothers };
struct OwnerVerdict {
  PlaceState state = PlaceState::kAnothers;
  std::string reason;  // why, for people: "it holds the backup '...' of another database"
};

// nullopt: nobody has claimed the place. kRemoteTaken: the object cannot be read as one; its text says what
// to do.
Result<std::optional<PlaceOwner>> read_owner(ObjectStore& store, const Cancel& cancel);

// The first backup there that is not known to be of this database, be it that its manifest cannot be read;
// empty: none. Reads all manifests there; needed where nobody has claimed the place.
Result<std::string> backup_of_another(ObjectStore& store, const std::string& database_id,
                                      const Cancel& cancel);

// Mine: the token there is one that I remember; or I remember none, and database, path and host are mine.
// Free: there is none, and `of_another` (backup_of_another()) is empty. Anything else: another's.
OwnerVerdict decide_owner(const std::optional<PlaceOwner>& there, const OwnerMemory& memory,
                          const OwnerSelf& self, const std::string& of_another);

// kRemoteTaken: whose the place is and why it is not the caller's, and what to do. `there` as for
// decide_owner().
Status remote_taken(const ObjectStore& store, const std::optional<PlaceOwner>& there,
                    const std::string& reason);

// To be kept before claim_place() writes `token` over `there`.
OwnerMemory memory_before_claim(const std::optional<PlaceOwner>& there, const std::string& token);

// Writes `mine`, reads it back and compares. `mine.previous` is the token there, if any. kRemoteTaken:
// somebody else has written at the same time. Those of the store: it may be written or not.
Status claim_place(ObjectStore& store, const PlaceOwner& mine, const Cancel& cancel);

}  // namespace sqbackup
