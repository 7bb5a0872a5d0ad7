#include "service/alert_targets.h"

#include <array>
#include <utility>

namespace sqbackup {

Result<NamedTargets> alert_targets(Database& database) {
  NamedTargets found;
  AlertTargets& targets = found.targets;
  const std::array<std::pair<const char*, std::string*>, 6> settings = {
      {{"ping_url", &targets.ping_url},
       {"webhook_url", &targets.webhook_url},
       {"webhook_secret", &targets.webhook_secret},
       {"smtp_url", &targets.smtp_url},
       {"mail_from", &targets.mail_from},
       {"mail_to", &targets.mail_to}}};
  for (const auto& [key, text] : settings) {
    const auto value = database.setting(key);
    if (value.ok()) {
      *text = value->value.value_or("");
      continue;
    }
    if (!value.status().is(Error::kBadSetting)) return value.status();
    if (found.problem.ok()) found.problem = value.status();
    // Without the signature that is meant, nobody could tell ours from anybody's.
    if (text == &targets.webhook_secret) targets.webhook_url.clear();
  }
  // A server alone names nobody: one in the environment may be there for other databases.
  if (targets.mail_to.empty()) targets.smtp_url.clear();
  return found;
}

bool any(const AlertTargets& targets) {
  return !targets.ping_url.empty() || !targets.webhook_url.empty() || !targets.mail_to.empty();
}

bool names_target(const std::string& setting) {
  return setting == "ping_url" || setting == "webhook_url" || setting == "mail_to";
}

AlertTargets targets_for(const AlertTargets& all, bool about_backup, bool ok, std::optional<bool> previous_ok,
                         bool mail_owed) {
  AlertTargets wanted = all;
  const bool like_the_last = ok ? previous_ok != false : previous_ok == false;
  if (!about_backup) {
    wanted.ping_url.clear();
  } else if (like_the_last && !(mail_owed && !ok)) {
    wanted.smtp_url.clear();
    wanted.mail_to.clear();
  }
  return wanted;
}

AlertTargets still_owed(const AlertTargets& targets, const std::vector<AlertDelivery>& deliveries) {
  AlertTargets owed;
  for (const AlertDelivery& one : deliveries) {
    if (!one.status.is(Error::kNetwork) && !one.status.is(Error::kInterrupted)) continue;
    switch (one.channel) {
      case AlertChannel::kPing:
        owed.ping_url = targets.ping_url;
        break;
      case AlertChannel::kWebhook:
        owed.webhook_url = targets.webhook_url;
        owed.webhook_secret = targets.webhook_secret;
        break;
      case AlertChannel::kMail:
        owed.smtp_url = targets.smtp_url;
        owed.mail_from = targets.mail_from;
        owed.mail_to = targets.mail_to;
        break;
    }
  }
  return owed;
}

}  // namespace sqbackup
