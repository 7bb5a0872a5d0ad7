#include "engine/remote_owner.h"

#include "base/random.h"
#include "unit/engine/remote_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

const OwnerSelf kSelf{"id-1", "/srv/app.db", "web-1"};

PlaceOwner owner(const std::string& token) {
  return {kSelf.database_id, kSelf.database_path, kSelf.host, token, "", 1795170600000};
}

PlaceState state_of(const std::optional<PlaceOwner>& there, const OwnerMemory& memory,
                    const OwnerSelf& self = kSelf, const std::string& of_another = "") {
  return decide_owner(there, memory, self, of_another).state;
}

// A machine with its catalog, and its sessions as remote_owner.h says that they go.
struct Machine {
  OwnerSelf self = kSelf;
  OwnerMemory memory;

  Status session(MemoryStore& store) {
    SQB_ASSIGN(const auto there, read_owner(store, never));
    std::string of_another;
    if (!there) {
      SQB_ASSIGN(of_another, backup_of_another(store, self.database_id, never));
    }
    const OwnerVerdict verdict = decide_owner(there, memory, self, of_another);
    if (verdict.state == PlaceState::kAnothers) return remote_taken(store, there, verdict.reason);
    return claim(store, there);
  }
  Status claim(MemoryStore& store, const std::optional<PlaceOwner>& there) {
    SQB_ASSIGN(const std::string token, random_uuid());
    memory = memory_before_claim(there, token);
    SQB_TRY(claim_place(
        store, {self.database_id, self.database_path, self.host, token, memory.current, 1795170600000},
        never));
    memory = {token, ""};
    return {};
  }
};

}  // namespace

TEST_CASE("the text of an owner is read as it was written") {
  PlaceOwner written = owner("token-1");
  written.previous = "token-0";
  const auto read = parse_owner(write_owner(written));
  REQUIRE(read.ok());
  CHECK(read->database_id == "id-1");
  CHECK(read->database_path == "/srv/app.db");
  CHECK(read->host == "web-1");
  CHECK(read->token == "token-1");
  CHECK(read->previous == "token-0");
  CHECK(read->at == 1795170600000);
  CHECK(parse_owner(write_owner(owner("t")))->previous.empty());
  CHECK(parse_owner(write_owner({"i", "/\xff", "h", "t", "", 0}))->database_path == "/\xef\xbf\xbd");
}

TEST_CASE("what is no owner's text is refused") {
  std::string text = write_owner(owner("token-1"));
  const auto refused = [](const std::string& other) {
    const auto read = parse_owner(other);
    INFO(other);
    CHECK(read.status().is(Error::kRemoteTaken));
  };
  refused("");
  refused("[]");
  refused("nonsense");
  refused(text.substr(0, text.size() / 2));
  refused(write_owner(owner("")));
  refused(std::string(10000, '['));
  for (const char* member : {"version", "database_id", "database_path", "host", "token", "at"}) {
    std::string without = text;
    without.replace(without.find(member), 1, "x");
    refused(without);
  }
  text.replace(text.find("\"version\": 1"), 12, "\"version\": 2");
  refused(text);
}

TEST_CASE("whose a place is, is decided by tokens first, and by names where nothing is remembered") {
  CHECK(state_of(std::nullopt, {}) == PlaceState::kFree);
  CHECK(state_of(std::nullopt, {"t", ""}) == PlaceState::kFree);
  CHECK(state_of(std::nullopt, {}, kSelf, "backup-1.sqlite") == PlaceState::kAnothers);
  CHECK(state_of(owner("t"), {"t", ""}) == PlaceState::kMine);
  CHECK(state_of(owner("t"), {"s", "t"}) == PlaceState::kMine);
  CHECK(state_of(owner("t"), {"s", ""}) == PlaceState::kAnothers);
  CHECK(state_of(owner("t"), {"", "s"}) == PlaceState::kAnothers);
  CHECK(state_of(owner("t"), {}) == PlaceState::kMine);
  const OwnerSelf moved{kSelf.database_id, kSelf.database_path, "container-7f"};
  CHECK(state_of(owner("t"), {"t", ""}, moved) == PlaceState::kMine);
  CHECK(state_of(owner("t"), {}, moved) == PlaceState::kAnothers);
  CHECK(state_of(owner("t"), {}, {kSelf.database_id, "/other.db", kSelf.host}) == PlaceState::kAnothers);
  CHECK(state_of(owner("t"), {}, {"id-2", kSelf.database_path, kSelf.host}) == PlaceState::kAnothers);
}

TEST_CASE("of two clones the first that writes keeps the place, and the second is refused") {
  MemoryStore store;
  Machine first;
  REQUIRE(first.session(store).ok());
  REQUIRE(first.session(store).ok());
  Machine clone = first;
  REQUIRE(clone.session(store).ok());
  const Status refused = first.session(store);
  INFO(refused.to_string());
  REQUIRE(refused.is(Error::kRemoteTaken));
  for (const char* part :
       {"/srv/app.db", "web-1", "2026-11-20 10:30:00", "backup_adopt('mem://place/')", "prefix"})
    CHECK(refused.message().find(part) != std::string::npos);
  CHECK(clone.session(store).ok());
  // It takes the place over, and the other is refused then.
  REQUIRE(first.claim(store, *read_owner(store, never)).ok());
  CHECK(clone.session(store).is(Error::kRemoteTaken));
  CHECK(first.session(store).ok());
}

TEST_CASE(
    "a session that fails or dies at any operation does not lock its machine out, twice in a row neither") {
  const bool after_effect = GENERATE(false, true);
  const std::uint64_t second =
      GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{4});
  for (std::uint64_t n = 1; n <= 4; ++n) {
    MemoryStore store;
    Machine machine;
    const auto require_fails_if_injected = [&] {
      const bool ok = machine.session(store).ok();
      REQUIRE(ok == !store.fired());
    };
    REQUIRE(machine.session(store).ok());
    store.inject({.nth = n, .after_effect = after_effect, .sticky = true});
    require_fails_if_injected();
    store.inject({.nth = second, .after_effect = after_effect, .sticky = true});
    require_fails_if_injected();
    store.clear();
    INFO(n << ", " << second);
    CHECK(machine.session(store).ok());
    CHECK(state_of(*read_owner(store, never), {"before", "all that"}) == PlaceState::kAnothers);
  }
}

TEST_CASE("a lost race is another's place") {
  MemoryStore store;
  Machine machine;
  store.set_hook([&](StoreOp op, const std::string&) {
    if (op == StoreOp::kGet && !store.objects().empty())
      store.set_object("owner.sqbackup.json", write_owner(owner("of the other")));
  });
  CHECK(machine.session(store).is(Error::kRemoteTaken));
}

TEST_CASE("an owner's object that cannot be read is nobody's to overwrite") {
  MemoryStore store;
  store.set_object("owner.sqbackup.json", GENERATE(std::string("{}"), std::string(2 << 20, ' ')));
  Machine machine;
  const Status refused = machine.session(store);
  INFO(refused.to_string());
  REQUIRE(refused.is(Error::kRemoteTaken));
  CHECK(refused.message().find("backup_adopt('mem://place/')") != std::string::npos);
  CHECK(store.count(StoreOp::kPut) == 0);
}

TEST_CASE("what an owner's object says is shown on one line") {
  MemoryStore store;
  PlaceOwner hostile = owner("t");
  hostile.host = "a\nb\x1b[31m" + std::string(5000, 'x');
  const Status refused = remote_taken(store, hostile, "it is so");
  CHECK(refused.message().find('\n') == std::string::npos);
  CHECK(refused.message().find('\x1b') == std::string::npos);
  CHECK(refused.message().size() < 1000);
}

TEST_CASE_METHOD(RemoteFixture, "a place with backups and no owner is free for their database alone") {
  must_upload();
  const std::string id = request(forms().front()).database_id;
  CHECK(*backup_of_another(store, id, never) == "");
  CHECK(*backup_of_another(store, "id-2", never) == name);
  Machine machine;
  CHECK(machine.session(store).is(Error::kRemoteTaken));
  machine.self.database_id = id;
  CHECK(machine.session(store).ok());
  const std::string later = "backup-2099-01-01T00-00-00-000Z.sqlite";
  store.set_object(later + ".json", "not readable");
  CHECK(*backup_of_another(store, id, never) == later);
  store.inject({.kind = StoreOp::kGet, .nth = 1});
  CHECK(backup_of_another(store, id, never).status().is(Error::kNetwork));
}
