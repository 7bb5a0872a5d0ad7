// The operations of a user, each tried in a fresh copy of a database with backups while something goes wrong,
// and what must hold afterwards.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "codec/age/in_memory.h"
#include "codec/base64.h"
#include "engine/remote_backup.h"
#include "store/directory_store.h"
#include "support/client.h"
#include "support/forms.h"
#include "support/temp_dir.h"
#include "support/test.h"

namespace sqbackup_test {

// One trial: the place, and what the operation said.
struct Trial {
  const Template& made;
  std::string directory;  // holds database, backups and `target`
  std::string database;
  std::string target;  // of a restore to a path
  sqbackup::Status status;
  std::string result;     // the name or path that was returned
  bool can_clear = true;  // a failed operation could still remove what it had made
};

struct Operation {
  const char* name;
  std::function<void(Client&, Trial&)> run;  // sets status and result
  // With nothing failing any more: a success was a real one, a failure is whole or nothing. `listed`: the
  // backups.
  std::function<void(const Trial&, const std::vector<std::string>& listed)> check;
  bool overwrites = false;                         // `target` exists before
  bool changes_database = false;                   // it may be found in the state of `made.first`
  std::function<void(const Trial&)> prepare = {};  // before anything fails
};

inline bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Value>
void take(Trial& trial, const sqbackup::Result<Value>& result) {
  trial.status = result.status();
  if (result.ok()) trial.result = *result;
}

inline Operation backup_operation() {
  return {"backup", [](Client& client, Trial& trial) { take(trial, client.back_up()); },
          [](const Trial& trial, const std::vector<std::string>& listed) {
            REQUIRE(contains(listed, trial.made.first));
            REQUIRE(contains(listed, trial.made.second));
            if (trial.status.ok()) REQUIRE(contains(listed, trial.result));
          }};
}

inline Operation verify_operation() {
  return {"verify", [](Client& client, Trial& trial) { trial.status = client.verify(trial.made.first); },
          [](const Trial& trial, const std::vector<std::string>& listed) {
            REQUIRE(listed == std::vector{trial.made.first, trial.made.second});
          }};
}

inline Operation check_operation() {
  Operation operation = verify_operation();
  operation.name = "check";
  operation.run = [](Client& client, Trial& trial) { trial.status = client.check().status(); };
  return operation;
}

inline Operation delete_operation() {
  return {"delete", [](Client& client, Trial& trial) { trial.status = client.remove({trial.made.first}); },
          [](const Trial& trial, const std::vector<std::string>& listed) {
            REQUIRE(contains(listed, trial.made.second));
            if (trial.status.ok()) REQUIRE_FALSE(contains(listed, trial.made.first));
          }};
}

inline Operation pin_operation() {
  return {"pin", [](Client& client, Trial& trial) { trial.status = client.pin(trial.made.first, "note"); },
          [](const Trial& trial, const std::vector<std::string>& listed) {
            REQUIRE(listed == std::vector{trial.made.first, trial.made.second});
            if (trial.status.ok()) REQUIRE(Client(trial.database).list()->front().note == "note");
          }};
}

// Whether the backup `first` of the trial, with its marks, is one that `keys` open.
inline bool opened_by(const Trial& trial, const sqbackup::AgeKeys& keys) {
  sqbackup::BackupDirectory directory(sqbackup::posix_file_env(), backups_of(trial.database));
  NoProgress progress;
  const auto verified =
      sqbackup::verify_backup(directory, trial.made.first, sqbackup::VerifyLevel::kFull, keys, progress);
  const auto marks = sqbackup::read_marks(*directory.read_marks(trial.made.first));
  const auto secret = sqbackup::age_open(sqbackup::as_bytes(*sqbackup::base64_decode(marks->secret)), keys);
  INFO(verified.to_string() << "; marks: " << secret.status().to_string());
  REQUIRE((verified.ok() || verified.is(sqbackup::Error::kNoKey)));
  REQUIRE(verified.ok() == secret.ok());
  return verified.ok();
}

// Of a template with mark_for_rekey().
inline Operation rekey_operation() {
  return {"rekey",
          [](Client& client, Trial& trial) {
            take(trial, client.rekey(trial.made.first, other_keys().identities.front().recipient().text()));
          },
          [](const Trial& trial, const std::vector<std::string>& listed) {
            REQUIRE(listed == std::vector{trial.made.first, trial.made.second});
            const bool is_new = opened_by(trial, other_keys());
            REQUIRE(is_new != opened_by(trial, test_keys()));
            if (trial.status.ok()) REQUIRE(is_new);
          }};
}

// Gives `first` a note of its own, which is encrypted too.
inline void mark_for_rekey(const std::string& template_directory, const Template& made) {
  REQUIRE(Client(template_directory + "/app.db").pin(made.first, "a note").ok());
}

inline Operation restore_to_operation(bool overwrite) {
  Operation operation;
  operation.name = overwrite ? "restore to a path, overwriting" : "restore to a path";
  operation.overwrites = overwrite;
  operation.run = [overwrite](Client& client, Trial& trial) {
    take(trial, client.restore_to(trial.made.first, trial.target, overwrite));
  };
  operation.check = [overwrite](const Trial& trial, const std::vector<std::string>&) {
    if (trial.status.ok()) {
      REQUIRE(fingerprint(trial.target) == trial.made.first_state);
    } else if (overwrite) {
      REQUIRE(path_exists(trial.target));
    } else if (trial.can_clear) {
      INFO("an error, but the target is there");
      REQUIRE_FALSE(path_exists(trial.target));
    }
    if (!path_exists(trial.target) || read_whole_file(trial.target) == "old") return;
    REQUIRE(soundness(trial.target) == "ok");
    REQUIRE(fingerprint(trial.target) == trial.made.first_state);
  };
  return operation;
}

// -- copies in another place, a directory beside the database

inline std::string place_of(const Trial& trial) { return "file://" + trial.directory + "/place"; }

// Makes the place, and what it has before the trial: the first backup where `filled`.
inline void make_place(const Trial& trial, bool filled) {
  std::filesystem::create_directory(trial.directory + "/place");
  if (!filled) return;
  Client client(trial.database);
  REQUIRE(client.upload(trial.made.first, place_of(trial)).ok());
}

// What is listed there can be fetched, and is what was backed up. Returns the names.
inline std::vector<std::string> require_sound_place(const Trial& trial) {
  NoProgress progress;
  const auto never = [] { return false; };
  const auto store = sqbackup::DirectoryStore::create(sqbackup::posix_file_env(), trial.directory + "/place");
  REQUIRE(store.ok());
  const auto listing = list_remote(**store, never);
  REQUIRE(listing.ok());
  std::vector<std::string> names;
  for (const auto& backup : listing->backups) {
    TempDir temp;
    sqbackup::BackupDirectory fresh(sqbackup::posix_file_env(), temp.path_of("fresh"));
    REQUIRE(fresh.ensure().ok());
    const auto fetched = download_backup(**store, backup.name, fresh, progress);
    INFO(backup.name << ": " << fetched.status().to_string());
    REQUIRE(fetched.ok());
    names.push_back(backup.name);
  }
  return names;
}

inline Operation upload_operation() {
  Operation operation;
  operation.name = "upload";
  operation.prepare = [](const Trial& trial) { make_place(trial, /*filled=*/false); };
  operation.run = [](Client& client, Trial& trial) {
    take(trial, client.upload(trial.made.first, place_of(trial)));
  };
  operation.check = [](const Trial& trial, const std::vector<std::string>& listed) {
    REQUIRE(listed == std::vector{trial.made.first, trial.made.second});
    const auto there = require_sound_place(trial);
    if (trial.status.ok()) REQUIRE(there == std::vector{trial.made.first});
  };
  return operation;
}

inline Operation download_operation() {
  Operation operation;
  operation.name = "download";
  operation.prepare = [](const Trial& trial) {
    make_place(trial, /*filled=*/true);
    REQUIRE(Client(trial.database).remove({trial.made.first}).ok());
  };
  operation.run = [](Client& client, Trial& trial) {
    take(trial, client.download("latest", place_of(trial)));
  };
  operation.check = [](const Trial& trial, const std::vector<std::string>& listed) {
    REQUIRE(contains(listed, trial.made.second));
    if (trial.status.ok()) REQUIRE(contains(listed, trial.made.first));
    REQUIRE(require_sound_place(trial) == std::vector{trial.made.first});
  };
  return operation;
}

inline Operation restore_from_place_operation() {
  Operation operation = restore_to_operation(/*overwrite=*/true);
  operation.name = "restore from a place";
  operation.prepare = [](const Trial& trial) { make_place(trial, /*filled=*/true); };
  operation.run = [](Client& client, Trial& trial) {
    take(trial, client.restore_from(place_of(trial) + "/latest", trial.target, /*overwrite=*/true));
  };
  // What could not be removed of the download is removed by the next restore to that path.
  operation.check = [check = operation.check](const Trial& trial, const std::vector<std::string>& listed) {
    check(trial, listed);
    if (!trial.status.ok()) return;
    REQUIRE(Client(trial.database).restore_from(place_of(trial) + "/latest", trial.target, true).ok());
    for (const auto& name : names_in(trial.directory)) REQUIRE_FALSE(name.starts_with("."));
  };
  return operation;
}

inline Operation restore_operation() {
  Operation operation;
  operation.name = "restore";
  operation.changes_database = true;
  operation.run = [](Client& client, Trial& trial) { take(trial, client.restore(trial.made.first)); };
  operation.check = [](const Trial& trial, const std::vector<std::string>& listed) {
    if (!trial.status.ok()) return;
    REQUIRE(fingerprint(trial.database) == trial.made.first_state);
    REQUIRE(contains(listed, trial.result));  // the undo
  };
  return operation;
}

inline Trial prepare_trial(const Template& made, const Operation& operation, const std::string& directory) {
  Trial trial{made, directory, made.copy_to(directory), directory + "/target.db", {}, {}};
  if (operation.overwrites) write_whole_file(trial.target, "old");
  if (operation.prepare) operation.prepare(trial);
  return trial;
}

inline void check_trial(const Trial& trial, const Operation& operation) {
  std::vector<std::string> legal = {trial.made.live_state};
  if (operation.changes_database) legal.push_back(trial.made.first_state);
  operation.check(trial, require_sound(trial.database, legal));
}

// The same again, with nothing failing: it succeeds, unless it had been done, and nothing of the first
// attempt is left.
inline void repeat_trial(Trial& trial, const Operation& operation) {
  if (!trial.status.ok()) {
    {
      Client client(trial.database);
      operation.run(client, trial);
    }
    INFO("once more: " << trial.status.to_string());
    const bool deleted = trial.status.is(sqbackup::Error::kNoSuchBackup);
    const bool restored = trial.status.is(sqbackup::Error::kAlreadyExists) && !trial.can_clear;
    REQUIRE((trial.status.ok() || deleted || restored));
    check_trial(trial, operation);
  }
  for (const auto& name : names_in(trial.directory)) REQUIRE_FALSE(name.starts_with("."));
}

// Every error is one that a user can act on.
inline void require_clear(const sqbackup::Status& status) {
  if (status.ok()) return;
  REQUIRE_FALSE(status.is(sqbackup::Error::kInternal));
  REQUIRE_FALSE(status.message().empty());
  REQUIRE(status.message().find('\n') == std::string::npos);
}

inline void check_and_repeat(Trial& trial, const Operation& operation, std::size_t descriptors) {
  require_clear(trial.status);
  check_trial(trial, operation);
  repeat_trial(trial, operation);
  REQUIRE(open_descriptors() == descriptors);
}

}  // namespace sqbackup_test
