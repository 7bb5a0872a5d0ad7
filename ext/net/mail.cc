#include "net/mail.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "codec/base64.h"

namespace sqbackup {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMaxPlainSubject = 69;  // with "Subject: " a line of 78
constexpr std::size_t kMaxWordBytes = 39;     // an encoded word of 64 characters: the first line has 73 of 76
constexpr std::size_t kMaxBodyLine = 75;      // and a '=' of a soft line break

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }  // of UTF-8

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Words of the allowed characters with single dots between them.
bool is_dotted(std::string_view text, std::string_view allowed) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return c == '.' || is_alphanumeric(c) || allowed.find(c) != std::string_view::npos;
  });
}

std::string two_digits(unsigned value) {
  return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

// "Fri, 20 Nov 2026 10:30:00 +0000"
std::string mail_date(UnixMillis time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string sql_time = format_sql_time(time);  // within the years of four digits, as it says
  const auto number = [&](std::size_t at) {
    return static_cast<unsigned>((sql_time[at] - '0') * 10 + (sql_time[at + 1] - '0'));
  };
  const std::chrono::year year(static_cast<int>(number(0) * 100 + number(2)));
  const std::chrono::month month(number(5));
  const std::chrono::day day(number(8));
  const std::chrono::weekday weekday(std::chrono::sys_days(year / month / day));
  return std::string(kDays[weekday.c_encoding()]) + ", " + two_digits(number(8)) + ' ' +
         kMonths[number(5) - 1] + ' ' + sql_time.substr(0, 4) + ' ' + sql_time.substr(11, 8) + " +0000";
}

// RFC 2047 where the subject is not short and plain.
std::string encoded_subject(std::string_view subject) {
  const bool plain = subject.size() <= kMaxPlainSubject && subject.find("=?") == std::string_view::npos &&
                     std::all_of(subject.begin(), subject.end(), is_printable);
  if (plain) return std::string(subject);
  std::string words;
  while (!subject.empty()) {
    std::size_t size = std::min(subject.size(), kMaxWordBytes);
    // Each word holds whole characters. (One has four bytes at most; what goes on longer is no UTF-8.)
    for (int back = 0; back < 3 && size < subject.size() && continues_character(subject[size]); ++back)
      --size;
    if (!words.empty()) words.append(kLineEnd).append(" ");
    words.append("=?UTF-8?B?").append(base64_encode(as_bytes(subject.substr(0, size)))).append("?=");
    subject.remove_prefix(size);
  }
  return words;
}

// One line of the body in quoted-printable (RFC 2045), soft line breaks included.
void append_line(std::string_view line, std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool at_end = at + 1 == line.size();
    const bool plain = is_printable(c) && c != '=' && !(c == ' ' && at_end);  // servers may cut blanks off
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kMaxBodyLine) {
      text.append("=").append(kLineEnd);
      column = 0;
    }
    if (plain) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text.append(1, '=').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
    column += width;
  }
  text += kLineEnd;
}

Status check_headers(const MailMessage& message) {
  SQB_TRY(check_mail_address(message.from));
  if (message.to.empty()) return {Error::kBadArgument, "a mail has no recipient"};
  for (const std::string& address : message.to) SQB_TRY(check_mail_address(address));
  if (std::any_of(message.subject.begin(), message.subject.end(), is_control)) {
    return {Error::kBadArgument, "the subject of a mail holds a line end or another control character"};
  }
  if (!is_dotted(message.id, "-_")) {
    return {Error::kBadArgument, "the id of a mail is not made of letters, digits, '-', '_' and '.'"};
  }
  return {};
}

}  // namespace

Status check_mail_address(std::string_view address) {
  const auto bad = [](std::string_view what) {
    return Status(Error::kBadSetting, "not a mail address: " + std::string(what));
  };
  if (std::any_of(address.begin(), address.end(), is_control)) {
    return bad("it holds a line end or another control character");
  }
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return bad("it has no '@'; write name@host");
  if (address.size() > 254 || at > 64) return bad("it is longer than mail servers take");
  if (!is_dotted(address.substr(0, at), "!#$%&'*+-/=?^_`{|}~")) {
    return bad("what stands before '@' is no plain name; leave out display names, quotes and brackets");
  }
  return is_dotted(address.substr(at + 1), "-") ? Status() : bad("what follows '@' is no host name");
}

Result<std::vector<std::string>> mail_addresses(std::string_view list) {
  std::vector<std::string> addresses;
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view address = list.substr(0, comma);
    address.remove_prefix(std::min(address.find_first_not_of(' '), address.size()));
    address = address.substr(0, address.find_last_not_of(' ') + 1);
    SQB_TRY(check_mail_address(address));
    addresses.emplace_back(address);
    if (comma == list.size()) return addresses;
    list.remove_prefix(comma + 1);
  }
}

Result<std::string> mail_text(const MailMessage& message) {
  SQB_TRY(check_headers(message));
  std::string text;
  const auto header = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append(kLineEnd);
  };
  std::string recipients;
  for (const std::string& address : message.to) {
    if (!recipients.empty()) recipients.append(",").append(kLineEnd).append(" ");
    recipients += address;
  }
  header("Date", mail_date(message.time));
  header("From", message.from);
  header("To", recipients);
  header("Subject", encoded_subject(message.subject));
  header("Message-ID", '<' + message.id + message.from.substr(message.from.rfind('@')) + '>');
  header("Auto-Submitted", "auto-generated");  // RFC 3834: nobody's absence note answers it
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "quoted-printable");
  text += kLineEnd;
  std::string_view body = message.body;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    append_line(line, text);
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return text;
}

MailTls mail_tls(const Url& smtp_url) {
  if (smtp_url.scheme == "smtps") return MailTls::kRequired;
  if (is_loopback(smtp_url)) return MailTls::kNone;
  return smtp_url.user_info.empty() ? MailTls::kIfOffered : MailTls::kRequired;
}

}  // namespace sqbackup
