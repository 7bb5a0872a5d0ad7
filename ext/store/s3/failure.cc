#include "store/s3/failure.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sqbackup {
namespace {

using Next = S3Verdict::Next;

constexpr std::size_t kLongestShown = 200;
constexpr std::int64_t kToleratedSkewMillis = std::int64_t{5} * 60 * 1000;  // of S3: 15 minutes

struct Known {
  std::string_view code;
  Error error;
  Next next;
};

// What another status than the usual one for its meaning may come with, or what has a meaning of its own.
constexpr Known kKnown[] = {
    {"RequestTimeTooSkewed", Error::kClockWrong, Next::kAdoptClock},
    {"ExpiredToken", Error::kStoreDenied, Next::kNewCredentials},
    {"TokenRefreshRequired", Error::kStoreDenied, Next::kNewCredentials},
    {"InvalidToken", Error::kStoreDenied, Next::kNewCredentials},
    {"InvalidAccessKeyId", Error::kStoreDenied, Next::kNewCredentials},
    {"SignatureDoesNotMatch", Error::kStoreDenied, Next::kGiveUp},
    {"AuthorizationHeaderMalformed", Error::kStoreDenied, Next::kGiveUp},
    {"AccessDenied", Error::kStoreDenied, Next::kGiveUp},
    {"QuotaExceeded", Error::kDiskFull, Next::kGiveUp},
    {"NoSuchBucket", Error::kNoSuchBucket, Next::kGiveUp},
    {"NoSuchKey", Error::kNoSuchObject, Next::kGiveUp},
    {"NoSuchUpload", Error::kNoSuchObject, Next::kGiveUp},
    {"PreconditionFailed", Error::kStoredBytesDamaged, Next::kGiveUp},
    {"InvalidRange", Error::kStoredBytesDamaged, Next::kGiveUp},
    {"NotImplemented", Error::kServerRefused, Next::kGiveUp},
    {"InternalError", Error::kNetwork, Next::kTryAgain},
    {"ServiceUnavailable", Error::kNetwork, Next::kTryAgain},
    {"SlowDown", Error::kNetwork, Next::kTryAgain},
    {"TooManyRequests", Error::kNetwork, Next::kTryAgain},
    {"RequestTimeout", Error::kNetwork, Next::kTryAgain},
    {"OperationAborted", Error::kNetwork, Next::kTryAgain},
    {"ConditionalRequestConflict", Error::kNetwork, Next::kTryAgain},
    // What arrived is not what was sent.
    {"BadDigest", Error::kNetwork, Next::kTryAgain},
    {"XAmzContentSHA256Mismatch", Error::kNetwork, Next::kTryAgain},
    {"IncompleteBody", Error::kNetwork, Next::kTryAgain},
};

// Without a code that is known: by the status alone.
Known by_status(const HttpResponse& response, bool has_body) {
  switch (response.status) {
    case 400:
      // A HEAD does not say why; a token that has expired is one of the reasons.
      return {"", has_body ? Error::kServerRefused : Error::kStoreDenied,
              has_body ? Next::kGiveUp : Next::kNewCredentials};
    case 401:
    case 403:
      return {"", Error::kStoreDenied, has_body ? Next::kGiveUp : Next::kNewCredentials};
    case 404:
      return {"", has_body ? Error::kServerRefused : Error::kNoSuchObject, Next::kGiveUp};
    case 408:
    case 429:
      return {"", Error::kNetwork, Next::kTryAgain};
    case 412:
    case 416:
      return {"", Error::kStoredBytesDamaged, Next::kGiveUp};
    case 501:
      return {"", Error::kServerRefused, Next::kGiveUp};
    case 507:
      return {"", Error::kDiskFull, Next::kGiveUp};
    default:
      // A success with an error in it came too late for another status; it says nothing of the request.
      if (response.status >= 500 || response.status < 300) return {"", Error::kNetwork, Next::kTryAgain};
      return {"", Error::kServerRefused, Next::kGiveUp};
  }
}

std::string_view advice(Error error, int status) {
  switch (error) {
    case Error::kClockWrong:
      return "set the clock of this machine, and keep it right with NTP";
    case Error::kStoreDenied:
      return "check the keys, and what they are allowed to do in this bucket";
    case Error::kDiskFull:
      return "free space in the bucket, or raise its quota";
    case Error::kNoSuchBucket:
      return "create the bucket, or correct its name";
    case Error::kNoSuchObject:
      return "it was removed, or never written; check the prefix";
    case Error::kStoredBytesDamaged:
      return "the object is not the one that was written; verify the backup";
    case Error::kNetwork:
      return "the store takes no requests for now; try again in a while";
    default:
      return status >= 300 && status < 400
                 ? "a redirect, and none is followed; set the endpoint that it leads to"
                 : "check the endpoint, and whether it is that of an object store";
  }
}

bool says_redirect(const HttpResponse& response, const std::optional<S3ErrorAnswer>& error) {
  if (response.status == 301 || response.status == 307 || response.status == 308) return true;
  constexpr std::array<std::string_view, 4> kCodes = {"PermanentRedirect", "TemporaryRedirect", "Redirect",
                                                      "IllegalLocationConstraintException"};
  return error && std::find(kCodes.begin(), kCodes.end(), error->code) != kCodes.end();
}

// Where the bucket is, if this answer is about that; empty: it is not, or does not say.
std::string other_region(const S3Question& question, const HttpResponse& response,
                         const std::optional<S3ErrorAnswer>& error) {
  const bool malformed = error && error->code == "AuthorizationHeaderMalformed";
  const bool silent = !error && response.status == 400;  // to a HEAD
  if (!says_redirect(response, error) && !malformed && !silent) return {};
  const std::string* header = response.header("x-amz-bucket-region");
  std::string region = header != nullptr ? *header : error ? error->region : std::string();
  return region == question.region ? std::string() : s3_shown(region);
}

// To a HEAD nothing says that the clock is wrong, but for the time of the answer.
bool is_skewed(const S3Question& question, const HttpResponse& response) {
  const std::string* date = response.header("Date");
  const auto time = date != nullptr ? parse_http_date(*date) : std::nullopt;
  return time && std::abs(*time - question.time) > kToleratedSkewMillis;
}

}  // namespace

S3Verdict s3_judge(const S3Question& question, const HttpResponse& response,
                   const std::optional<S3ErrorAnswer>& error) {
  if (response.status >= 200 && response.status < 300 && !error) return {};
  std::string text = question.subject + ": " + question.host + " answered " + std::to_string(response.status);
  if (error && !error->code.empty()) text += ' ' + s3_shown(error->code);
  if (error && !error->message.empty()) text += " (" + s3_shown(error->message) + ')';
  if (error && !error->request_id.empty()) text += ", request " + s3_shown(error->request_id);

  if (const std::string region = other_region(question, response, error); !region.empty()) {
    return {Status(Error::kWrongRegion, text + "; the bucket " + question.bucket + " is in the region " +
                                            region + " and not in " + question.region + ": set region to " +
                                            region)};
  }
  if (says_redirect(response, error) && error && !error->endpoint.empty()) {
    return {Status(Error::kWrongRegion, text + "; the bucket " + question.bucket +
                                            " has to be asked for at " + s3_shown(error->endpoint) +
                                            ": set region and endpoint to it")};
  }
  Known known = by_status(response, error.has_value());
  if (error) {
    const auto found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                    [&](const Known& row) { return row.code == error->code; });
    if (found != std::end(kKnown)) known = *found;
  } else if (response.status == 403 && is_skewed(question, response)) {
    known = kKnown[0];
  }
  text += "; ";
  text += advice(known.error, response.status);
  return {Status(known.error, std::move(text)), known.next};
}

std::string s3_shown(std::string_view text) {
  std::size_t length = std::min(text.size(), kLongestShown);
  if (length < text.size()) {  // not in the middle of a character of UTF-8
    for (int i = 0; i < 3 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80; ++i) --length;
  }
  std::string shown(text.substr(0, length));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return shown;
}

}  // namespace sqbackup
