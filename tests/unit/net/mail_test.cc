#include "net/mail.h"

#include "codec/base64.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

MailMessage message() {
  MailMessage mail;
  mail.id = "0190b7a4-1111-4222-8333-444455556666";
  mail.time = *parse_time("2026-11-20T10:30:00Z");
  mail.from = "backup@example.com";
  mail.to = {"admin@example.com"};
  mail.subject = "the backup failed";
  mail.body = "Disk full.\nMake room.\n";
  return mail;
}

std::string text_of(const MailMessage& mail) {
  const auto text = mail_text(mail);
  REQUIRE(text.ok());
  return *text;
}

// The lines of the header of this name, unfolded; or what follows the empty line.
std::string header_of(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find("\r\n" + name + ": ") + 2 + name.size() + 2;
  std::size_t end = text.find("\r\n", begin);
  while (text[end + 2] == ' ') end = text.find("\r\n", end + 2);
  return text.substr(begin, end - begin);
}

std::string body_of(const std::string& text) { return text.substr(text.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("a message has the headers of RFC 5322 and a body") {
  CHECK(text_of(message()) ==
        "Date: Fri, 20 Nov 2026 10:30:00 +0000\r\n"
        "From: backup@example.com\r\n"
        "To: admin@example.com\r\n"
        "Subject: the backup failed\r\n"
        "Message-ID: <0190b7a4-1111-4222-8333-444455556666@example.com>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "Disk full.\r\n"
        "Make room.\r\n");
}

TEST_CASE("the date has the right day of the week") {
  MailMessage mail = message();
  mail.time = *parse_time("2024-02-29T23:59:59Z");
  CHECK(text_of(mail).starts_with("Date: Thu, 29 Feb 2024 23:59:59 +0000\r\n"));
  mail.time = 0;
  CHECK(text_of(mail).starts_with("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
}

TEST_CASE("no text can become a header of its own") {
  for (const char* evil : {"x\r\nBcc: all@example.com", "x\nBcc: all@example.com", "x\rBcc: y", "x\x7f"}) {
    CAPTURE(evil);
    MailMessage mail = message();
    mail.subject = evil;
    CHECK(mail_text(mail).status().is(Error::kBadArgument));
    mail = message();
    mail.from = std::string("a@b") + evil;
    CHECK_FALSE(mail_text(mail).ok());
    mail = message();
    mail.to.push_back(std::string("a") + evil + "@b");
    CHECK_FALSE(mail_text(mail).ok());
    mail = message();
    mail.id = evil;
    CHECK(mail_text(mail).status().is(Error::kBadArgument));
  }
  MailMessage mail = message();
  mail.subject = std::string("a\0b", 3);
  CHECK(mail_text(mail).status().is(Error::kBadArgument));
  mail = message();
  mail.to.clear();
  CHECK(mail_text(mail).status().is(Error::kBadArgument));
}

TEST_CASE("a subject beyond short ASCII is encoded, in words of whole characters") {
  MailMessage mail = message();
  mail.subject = "Sicherung f\xc3\xbcr app.db fehlt";
  CHECK(header_of(text_of(mail), "Subject") == "=?UTF-8?B?U2ljaGVydW5nIGbDvHIgYXBwLmRiIGZlaGx0?=");
  mail.subject = "=?UTF-8?B?QQ==?=";  // would be shown as "A"
  CHECK(header_of(text_of(mail), "Subject") == "=?UTF-8?B?PT9VVEYtOD9CP1FRPT0/PQ==?=");
  // 38 bytes of ASCII: the word could hold one byte more, and that is half of a character.
  mail.subject = std::string(38, 'a') + "\xc3\xbc\xc3\xbc";
  CHECK(header_of(text_of(mail), "Subject") ==
        "=?UTF-8?B?" + base64_encode(as_bytes(std::string(38, 'a'))) + "?=\r\n =?UTF-8?B?w7zDvA==?=");
  mail.subject = std::string(500, '\xbf');  // no UTF-8 at all
  CHECK(mail_text(mail).ok());
  mail.subject = std::string(69, 'a');
  CHECK(header_of(text_of(mail), "Subject") == mail.subject);
}

TEST_CASE("every line is short ASCII, whatever is in the body") {
  MailMessage mail = message();
  mail.subject = std::string(1000, 'x') + "\xe2\x82\xac";
  for (int i = 0; i < 1000; ++i) mail.body += static_cast<char>(i % 256);
  mail.body += std::string(5000, 'y');
  const std::string text = text_of(mail);
  REQUIRE(text.ends_with("\r\n"));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    REQUIRE(end - at <= 78);
    for (; at < end; ++at) REQUIRE((text[at] >= 0x20 && text[at] <= 0x7e));
    at += 2;
  }
}

TEST_CASE("the body is quoted-printable") {
  MailMessage mail = message();
  mail.body = "1 = 1\r\n\xc3\xbc \nend ";
  CHECK(body_of(text_of(mail)) == "1 =3D 1\r\n=C3=BC=20\r\nend=20\r\n");
  mail.body = std::string(75, 'a') + "\n" + std::string(76, 'b') + "\n" + std::string(74, 'c') + "=";
  CHECK(body_of(text_of(mail)) == std::string(75, 'a') + "\r\n" + std::string(75, 'b') + "=\r\nb\r\n" +
                                      std::string(74, 'c') + "=\r\n=3D\r\n");
  mail.body.clear();
  CHECK(body_of(text_of(mail)).empty());
}

TEST_CASE("addresses are name@host") {
  for (const char* address :
       {"a@b", "root@localhost", "first.last+tag@mail.example.com", "o'neil@example.ie"}) {
    CAPTURE(address);
    CHECK(check_mail_address(address).ok());
  }
  for (const char* address :
       {"", "a", "@b", "a@", "a b@c", "a@b c", "a@b,c@d", "<a@b>", "A <a@b>", "\"a\"@b", "a@b\r\nx", "a@b\n",
        ".a@b", "a..b@c", "a@b.", "a@@b", "a@b>", "\xc3\xa9@b", "a@[1.2.3.4]"}) {
    CAPTURE(address);
    CHECK(check_mail_address(address).is(Error::kBadSetting));
  }
  CHECK(check_mail_address(std::string(65, 'a') + "@b").is(Error::kBadSetting));
}

TEST_CASE("a list of addresses is split at its commas") {
  const auto two = mail_addresses("a@b,  c@d ");
  REQUIRE(two.ok());
  CHECK(*two == std::vector<std::string>{"a@b", "c@d"});
  for (const char* list : {"", " ", ",", "a@b,", ",a@b", "a@b,,c@d", "a@b;c@d", "a@b c@d"}) {
    CAPTURE(list);
    CHECK_FALSE(mail_addresses(list).ok());
  }
}

TEST_CASE("a password goes over an encrypted connection, or to this machine") {
  const auto tls = [](const char* url) { return mail_tls(*parse_url(url)); };
  CHECK(tls("smtp://u:p@mail.example.com") == MailTls::kRequired);
  CHECK(tls("smtp://u@mail.example.com:587") == MailTls::kRequired);
  CHECK(tls("smtp://mail.example.com") == MailTls::kIfOffered);
  CHECK(tls("smtp://u:p@localhost") == MailTls::kNone);
  CHECK(tls("smtp://u:p@localhost.example.com") == MailTls::kRequired);
  CHECK(tls("smtps://mail.example.com") == MailTls::kRequired);
  CHECK(tls("smtps://localhost") == MailTls::kRequired);
}
