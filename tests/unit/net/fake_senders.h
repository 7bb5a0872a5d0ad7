// Transports that give prepared answers one after the other, and a clock on which sleeping costs nothing.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "net/alerts.h"

namespace sqbackup_test {

using namespace sqbackup;

inline Status network_error(const char* text) { return {Error::kNetwork, text}; }

inline HttpResponse answer(int status, std::vector<HttpHeader> headers = {}, std::string body = {}) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

class FakeHttp : public HttpTransport {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const Cancel&) override {
    requests.push_back(request);
    if (answers.empty()) return answer(200);
    Result<HttpResponse> next = answers.front();
    answers.pop_front();
    return next;
  }
  std::vector<HttpRequest> requests;
  std::deque<Result<HttpResponse>> answers;  // 200 when there is none left
};

class FakeMail : public MailTransport {
 public:
  Status send(const MailRequest& request, const Cancel&) override {
    requests.push_back(request);
    if (answers.empty()) return {};
    Status next = answers.front();
    answers.pop_front();
    return next;
  }
  std::vector<MailRequest> requests;
  std::deque<Status> answers;  // ok when there is none left
};

class SleepingClock : public Clock {
 public:
  UnixMillis now() override { return 1'795'170'600'000 + slept; }
  double monotonic_seconds() override { return static_cast<double>(slept) / 1000; }
  std::int64_t slept = 0;
};

}  // namespace sqbackup_test
