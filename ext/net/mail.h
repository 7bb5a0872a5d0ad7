// Mail: an RFC 5322 message, and MailTransport, which hands one to an SMTP server. The real one is in
// net/curl.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/http.h"
#include "net/url.h"

namespace sqbackup {

// For settings: ok, or kBadSetting. An address is name@host in ASCII, without a display name or quotes.
Status check_mail_address(std::string_view address);

// The addresses of a list with commas (blanks around them do not count); at least one.
Result<std::vector<std::string>> mail_addresses(std::string_view list);

struct MailMessage {
  std::string id;       // unique; becomes the Message-ID together with the sender's host
  UnixMillis time = 0;  // becomes the Date
  std::string from;
  std::vector<std::string> to;
  std::string subject;  // one line of UTF-8
  std::string body;     // UTF-8, lines end in LF or CRLF
};

// The text of the message: lines end in CRLF, all of it is ASCII, no line is longer than 78 characters but
// where an address is. Error: kBadArgument where a header would hold a line end or another control character.
Result<std::string> mail_text(const MailMessage& message);

enum class MailTls {
  kNone,       // to this machine itself
  kIfOffered,  // STARTTLS where the server offers it
  kRequired,   // STARTTLS, or nothing is sent; in smtps:// the connection begins with it
};
// Required where the URL holds a password, unless the server is this machine.
MailTls mail_tls(const Url& smtp_url);

struct MailRequest {
  std::string url;  // smtp:// or smtps://, user and password inside, their special characters as %XX
  MailTls tls = MailTls::kRequired;
  std::string from;
  std::vector<std::string> to;
  std::string text;  // of mail_text()
  HttpTimeouts timeouts;
};

// Implementations are safe for use by several threads.
class MailTransport {
 public:
  virtual ~MailTransport() = default;
  // Ok: the server has taken the message for all of its recipients. Errors as of HttpTransport::send(), and
  // kServerRefused for an answer that another try would not change.
  virtual Status send(const MailRequest& request, const Cancel& cancel) = 0;
};

}  // namespace sqbackup
