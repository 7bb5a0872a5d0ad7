// Stores on the server that SQBACKUP_TEST_S3 names, with the environment's credentials.
#pragma once

#include <cstdlib>

#include "base/random.h"
#include "net/alerts.h"
#include "net/curl.h"
#include "store/s3/s3_store.h"
#include "support/test.h"

namespace sqbackup_test {

inline const char* s3_server() { return std::getenv("SQBACKUP_TEST_S3"); }

class S3Server {
 public:
  sqbackup::S3StoreOptions options(const std::string& bucket, const std::string& prefix) const {
    sqbackup::S3StoreOptions options;
    options.url = "s3://" + bucket + '/' + prefix;
    options.endpoint = {s3_server(), "us-east-1", true};
    return options;
  }
  std::unique_ptr<sqbackup::ObjectStore> open(const sqbackup::S3StoreOptions& options) {
    auto made =
        sqbackup::S3Store::create(options, {sqbackup::curl_http(), sqbackup::system_clock(), credentials_,
                                            sqbackup::system_sleep, sqbackup::s3_system_random});
    INFO(made.status().to_string());
    REQUIRE(made.ok());
    return std::move(made).value();
  }

 private:
  sqbackup::S3CredentialSource credentials_{
      {},
      {[](const char* name) -> std::optional<std::string> {
         const char* value = std::getenv(name);
         return value == nullptr ? std::nullopt : std::optional<std::string>(value);
       },
       sqbackup::posix_file_env(), sqbackup::curl_http(), sqbackup::system_clock()}};
};

}  // namespace sqbackup_test
