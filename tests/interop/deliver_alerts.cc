// For alerts.py: delivers one failure. It reads lines "KEY=VALUE": the settings of AlertTargets, "outcome"
// (started, succeeded, failed; the default) and "cancel_after" (milliseconds), and writes a line of JSON:
//   {"curl_before":false,"seconds":0.1,"deliveries":[{"channel":"webhook","attempts":1,"status":"ok"}]}
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/random.h"
#include "net/alerts.h"
#include "net/curl.h"

namespace {

using namespace sqbackup;

bool curl_is_loaded() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("libcurl") != std::string::npos) return true;
  }
  return false;
}

double seconds() { return system_clock().monotonic_seconds(); }

AlertEvent event_of(const std::string& outcome) {
  AlertEvent event;
  event.id = *random_uuid();
  event.run = *random_uuid();
  event.type = "backup." + outcome;
  event.time = system_clock().now();
  event.host = "web-1";
  event.database = "/srv/f\xc3\xbcr alle/app.db";
  event.name = "backup-2026-11-20T10-30-00-250Z.sqlite";
  event.outcome = outcome == "started"     ? AlertOutcome::kStarted
                  : outcome == "succeeded" ? AlertOutcome::kSucceeded
                                           : AlertOutcome::kFailed;
  event.title = "backup of f\xc3\xbcr alle/app.db " + outcome;
  event.text = "disk full on /srv \xe2\x82\xac\n.\n..dots and = signs \n" + std::string(300, 'x');
  event.data = {{"code", "SQB-FULL-01"}};
  return event;
}

const char* name_of(AlertChannel channel) {
  switch (channel) {
    case AlertChannel::kPing:
      return "ping";
    case AlertChannel::kWebhook:
      return "webhook";
    case AlertChannel::kMail:
      return "mail";
  }
  return "";
}

}  // namespace

int main() {
  std::map<std::string, std::string> given;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t equals = line.find('=');
    given[line.substr(0, equals)] = line.substr(equals + 1);
  }
  const AlertTargets targets{given["ping_url"], given["webhook_url"], given["webhook_secret"],
                             given["smtp_url"], given["mail_from"],   given["mail_to"]};
  const std::string outcome = given.count("outcome") != 0 ? given["outcome"] : "failed";
  const double cancel_after =
      given.count("cancel_after") != 0 ? std::stod(given["cancel_after"]) / 1000 : 1e9;

  nlohmann::ordered_json report;
  report["curl_before"] = curl_is_loaded();
  const AlertSenders senders{curl_http(), curl_mail(), system_clock(), &system_sleep};
  const double begin = seconds();
  const auto deliveries =
      deliver(targets, event_of(outcome), senders, [&] { return seconds() - begin > cancel_after; });
  report["seconds"] = seconds() - begin;
  report["curl_after"] = curl_is_loaded();
  for (const AlertDelivery& delivery : deliveries) {
    report["deliveries"].push_back({{"channel", name_of(delivery.channel)},
                                    {"attempts", delivery.attempts},
                                    {"status", delivery.status.to_string()}});
  }
  std::cout << report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  return 0;
}
