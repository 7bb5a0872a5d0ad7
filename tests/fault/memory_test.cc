// Each allocation of each thing a user can ask for fails in turn: those of C++ and those of SQLite.
#include <sqlite3.h>
#include <unwind.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "fault/operation_trials.h"
#include "format/event_text.h"
#include "format/manifest.h"
#include "net/webhook.h"
#include "support/environment.h"

namespace {

// The JSON library's destructors allocate and are noexcept: what fails in there ends the process, whatever
// the caller does. So allocations below these functions are passed over.
constexpr sqbackup::Result<std::string> (*kSecretOfManifest)(const sqbackup::Manifest&) = sqbackup::secret_of;
constexpr sqbackup::Status (*kReadSecretOfManifest)(std::string_view,
                                                    sqbackup::Manifest&) = sqbackup::read_secret;

bool below_json(void* return_address) {
  const void* function = _Unwind_FindEnclosingFunction(return_address);
  return function == reinterpret_cast<const void*>(&sqbackup::read_manifest) ||
         function == reinterpret_cast<const void*>(&sqbackup::write_manifest) ||
         function == reinterpret_cast<const void*>(&sqbackup::read_marks) ||
         function == reinterpret_cast<const void*>(&sqbackup::write_marks) ||
         function == reinterpret_cast<const void*>(kSecretOfManifest) ||
         function == reinterpret_cast<const void*>(kReadSecretOfManifest);
}

_Unwind_Reason_Code look_at_frame(_Unwind_Context* frame, void* found) {
  if (!below_json(reinterpret_cast<void*>(_Unwind_GetIP(frame)))) return _URC_NO_REASON;
  *static_cast<bool*>(found) = true;
  return _URC_END_OF_STACK;
}

bool called_from_json() {
  bool found = false;
  _Unwind_Backtrace(look_at_frame, &found);
  return found;
}

// While armed: the allocation that is counted down to zero fails, or it and all that follow. Of C++ or of
// SQLite.
class AllocationFault {
 public:
  explicit AllocationFault(bool passes_json) : passes_json_(passes_json) {}
  void arm(std::uint64_t nth, bool sticky) {
    left_ = nth;
    sticky_ = sticky;
    fired_ = false;
    armed_ = true;
  }
  void disarm() { armed_ = false; }
  bool fired() const { return fired_; }
  bool strikes() {
    if (!armed_ || left_.fetch_sub(1) != 1) return false;
    if (passes_json_ && called_from_json()) {
      left_ = 1;
      return false;
    }
    if (sticky_) left_ = 1;
    fired_ = true;
    return true;
  }

 private:
  const bool passes_json_;
  std::atomic<bool> armed_{false};
  std::atomic<bool> fired_{false};
  std::atomic<bool> sticky_{false};
  std::atomic<std::uint64_t> left_{0};
};

AllocationFault cpp_fault(/*passes_json=*/true);
AllocationFault sqlite_fault(/*passes_json=*/false);
sqlite3_mem_methods real_methods;

void* allocate(int size) { return sqlite_fault.strikes() ? nullptr : real_methods.xMalloc(size); }
void* reallocate(void* block, int size) {
  return sqlite_fault.strikes() ? nullptr : real_methods.xRealloc(block, size);
}

// Before SQLite is initialised by the first thing that uses it, which is main().
bool install_sqlite_fault() {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods) != SQLITE_OK) return false;
  sqlite3_mem_methods methods = real_methods;
  methods.xMalloc = allocate;
  methods.xRealloc = reallocate;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}

const bool sqlite_fault_installed = install_sqlite_fault();

void* allocate_or_null(std::size_t size) noexcept {
  return cpp_fault.strikes() ? nullptr : std::malloc(size != 0 ? size : 1);
}

void* allocate_or_throw(std::size_t size) {
  void* block = allocate_or_null(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr int kKilobytes = 40;

// What surface/guard.h does around every call.
void run_guarded(const Operation& operation, Client& client, Trial& trial, AllocationFault& fault) {
  try {
    operation.run(client, trial);
    fault.disarm();
  } catch (const std::bad_alloc&) {
    fault.disarm();
    trial.status = Status(Error::kNoMemory, "out of memory");
  }
}

std::uint64_t step_for(std::uint64_t n) {
  return std::getenv("SQBACKUP_LONG") ? 1 : 1 + n / 8;  // all of the first ones, then ever fewer
}

// Returns how many allocations there are.
std::uint64_t fail_each(AllocationFault& fault, const Template& made, const Operation& operation,
                        bool sticky) {
  TempDir temp;
  const std::size_t descriptors = open_descriptors();
  for (std::uint64_t n = 1;; n += step_for(n)) {
    Trial trial = prepare_trial(made, operation, temp.path_of("trial"));
    {
      Client client(trial.database);
      fault.arm(n, sticky);
      run_guarded(operation, client, trial, fault);
    }
    trial.can_clear = false;
    INFO(operation.name << ", allocation " << n << (sticky ? " and all later ones" : "")
                        << " failed: " << trial.status.to_string());
    if (!fault.fired()) REQUIRE(trial.status.ok());
    REQUIRE_FALSE(trial.status.is(Error::kInternal));
    check_trial(trial, operation);
    repeat_trial(trial, operation);
    REQUIRE(open_descriptors() == descriptors);
    if (!fault.fired()) return n;
  }
}

void fail_all(const Operation& operation, const char* mode, std::uint64_t at_least) {
  REQUIRE(sqlite_fault_installed);
  TempDir temp;
  const Template made(temp.path_of("template"), mode, kKilobytes);
  for (const bool sticky : {false, true}) {
    CHECK(fail_each(cpp_fault, made, operation, sticky) >= at_least);
    CHECK(fail_each(sqlite_fault, made, operation, sticky) >= at_least);
  }
}

Operation list_operation() {
  Operation operation = verify_operation();
  operation.name = "list";
  operation.run = [](Client& client, Trial& trial) { trial.status = client.list().status(); };
  return operation;
}

}  // namespace

TEST_CASE("an alert that finds no memory is none, and the process lives") {
  AlertEvent event;
  event.id = "an-id";
  event.type = "backup.failed";
  event.database = "/srv/app.db";
  event.name = "backup-2026-11-20T10-30-00-000Z.sqlite";
  event.text = std::string(1000, 'x');
  event.data = {{"code", "SQB-FULL-01"}, {"trigger", "scheduled"}};
  const std::string details = event_details_json(event.data);
  std::uint64_t n = 1;
  for (;; ++n) {
    cpp_fault.arm(n, /*sticky=*/true);
    try {
      static_cast<void>(webhook_request("https://h/x", std::string(40, 's'), event, 0));
      static_cast<void>(event_details(details));
    } catch (const std::bad_alloc&) {
    }
    cpp_fault.disarm();
    if (!cpp_fault.fired()) break;
  }
  CHECK(n > 30);
}

TEST_CASE("a backup in which any allocation fails leaves a backup or nothing") {
  fail_all(backup_operation(), "wal", 200);
}

TEST_CASE("a live restore in which any allocation fails leaves one of the two states") {
  fail_all(restore_operation(), "wal", 500);
  fail_all(restore_operation(), "delete", 500);
}

TEST_CASE("a restore to a path in which any allocation fails leaves the whole copy or nothing") {
  fail_all(restore_to_operation(/*overwrite=*/false), "wal", 200);
}

TEST_CASE("a preflight in which any allocation fails leaves nothing") {
  fail_all(check_operation(), "wal", 200);
}

TEST_CASE("a deletion, a verification and a list in which any allocation fails tell the truth") {
  fail_all(delete_operation(), "wal", 100);
  fail_all(verify_operation(), "wal", 100);
  fail_all(list_operation(), "wal", 50);
}

TEST_CASE("compressed and encrypted backups in which any allocation fails are whole or nothing too") {
  const CompressedAndEncrypted form;
  fail_all(backup_operation(), "wal", 200);
  fail_all(restore_to_operation(/*overwrite=*/false), "wal", 200);
  fail_all(verify_operation(), "wal", 100);
}

TEST_CASE("backups of rows in which any allocation fails are whole or nothing too") {
  const EncryptedRows form;
  fail_all(backup_operation(), "wal", 200);
  fail_all(restore_to_operation(/*overwrite=*/false), "wal", 200);
  fail_all(restore_operation(), "wal", 200);
}

TEST_CASE("copies in another place in which any allocation fails are whole or nothing, there and back") {
  fail_all(upload_operation(), "wal", 200);
  fail_all(download_operation(), "wal", 200);
  fail_all(restore_from_place_operation(), "wal", 200);
}

TEST_CASE("new keys in which any allocation fails open the backup, or the old ones do") {
  const CompressedAndEncrypted form;
  const BothKeys keys;
  TempDir temp;
  const Template made(temp.path_of("template"), "wal", kKilobytes);
  mark_for_rekey(temp.path_of("template"), made);
  for (const bool sticky : {false, true}) {
    CHECK(fail_each(cpp_fault, made, rekey_operation(), sticky) >= 200);
    CHECK(fail_each(sqlite_fault, made, rekey_operation(), sticky) >= 200);
  }
}
