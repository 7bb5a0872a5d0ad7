// The forms in which backups are stored, for tests that must hold in each of them.
#pragma once

#include <memory>
#include <vector>

#include "engine/keys.h"
#include "engine/stored_form.h"
#include "support/test.h"

namespace sqbackup_test {

inline constexpr const char* kTestIdentity =
    "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6";

// Another one, for which nothing is encrypted at first.
inline constexpr const char* kOtherIdentity =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

// What opens those that are encrypted.
inline const sqbackup::AgeKeys& test_keys() {
  static const auto keys =
      sqbackup::read_keys(sqbackup::posix_file_env(), {kTestIdentity, std::nullopt, std::nullopt});
  REQUIRE(keys.ok());
  return *keys;
}

inline const sqbackup::AgeKeys& other_keys() {
  static const auto keys =
      sqbackup::read_keys(sqbackup::posix_file_env(), {kOtherIdentity, std::nullopt, std::nullopt});
  REQUIRE(keys.ok());
  return *keys;
}

inline std::vector<sqbackup::StoredForm> forms() {
  auto lock = std::make_shared<sqbackup::AgeLock>();
  lock->recipients.push_back(test_keys().identities.front().recipient());
  std::vector<sqbackup::StoredForm> forms(8);
  for (std::size_t i = 0; i < forms.size(); ++i) {
    forms[i].json = i >= 4;
    forms[i].compressed = i % 2 == 1;
    forms[i].encrypted = i % 4 >= 2;
    forms[i].zstd.frame_bytes = 64 << 10;  // several frames in a small database
    if (forms[i].encrypted) forms[i].lock = lock;
  }
  return forms;
}

// Those that hold the database's pages.
inline std::vector<sqbackup::StoredForm> image_forms() {
  auto images = forms();
  images.resize(4);
  return images;
}

}  // namespace sqbackup_test

// One of them, in a Catch test case.
#define EACH_FORM() GENERATE(from_range(sqbackup_test::forms()))
#define EACH_IMAGE_FORM() GENERATE(from_range(sqbackup_test::image_forms()))
