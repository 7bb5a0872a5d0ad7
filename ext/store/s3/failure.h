// What an answer of an object store means: done, or which error it is and what may help. Source: "Error
// Responses" of the Amazon S3 API Reference, and what other servers were seen to answer.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "net/http.h"
#include "store/s3/answers.h"

namespace sqbackup {

struct S3Verdict {
  enum class Next {
    kGiveUp,          // another try would not change it; or it is done
    kTryAgain,        // after a pause
    kAdoptClock,      // with the time of the answer's Date
    kNewCredentials,  // with others, if there are
  };
  Status status;
  Next next = Next::kGiveUp;
};

// What was asked, as far as errors tell of it.
struct S3Question {
  std::string subject;  // begins the messages: "reading s3://bucket/key"
  std::string bucket;
  std::string region;
  std::string host;
  UnixMillis time = 0;  // by which it was signed
};

// `error` is what the body says, if it is an error of S3; the answer to a HEAD has no body. Errors: kNetwork
// (always with kTryAgain), kClockWrong, kStoreDenied, kNoSuchBucket, kNoSuchObject (an upload too),
// kWrongRegion, kDiskFull (the quota), kStoredBytesDamaged (another object by now, or it ends before the
// range), kServerRefused for all else. Their texts are one line.
S3Verdict s3_judge(const S3Question& question, const HttpResponse& response,
                   const std::optional<S3ErrorAnswer>& error);

// In one line, whole characters of at most 200 bytes: for messages.
std::string s3_shown(std::string_view text);

}  // namespace sqbackup
