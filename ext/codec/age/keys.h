// The keys of age (C2SP age.md): recipients, to whom files are encrypted, and identities, which open them.
//
// Only X25519 keys are known here. Keys of plugins, post-quantum keys and SSH keys are refused, each by a
// message of its own.
#pragma once

#include <string>
#include <vector>

#include "codec/age/x25519.h"

namespace sqbackup {

// A public key: "age1" and 58 more characters.
class AgeRecipient {
 public:
  // Exactly the text of a recipient, in lower case. Errors: kBadKey. One that parses can be written to.
  static Result<AgeRecipient> parse(std::string_view text);

  std::string text() const;
  const X25519Point& point() const { return point_; }
  bool operator==(const AgeRecipient&) const = default;

 private:
  friend class AgeIdentity;
  explicit AgeRecipient(const X25519Point& point) : point_(point) {}
  X25519Point point_;
};

// A secret key: "AGE-SECRET-KEY-1" and 58 more characters.
class AgeIdentity {
 public:
  // Exactly the text of an identity, in capitals. Errors: kBadKey; no message shows anything of the text.
  static Result<AgeIdentity> parse(std::string_view text);

  const AgeRecipient& recipient() const { return recipient_; }  // its public half
  const Secret& scalar() const { return scalar_; }

 private:
  AgeIdentity(Secret scalar, const AgeRecipient& recipient)
      : scalar_(std::move(scalar)), recipient_(recipient) {}
  Secret scalar_;
  AgeRecipient recipient_;
};

// The identities of a file as age-keygen writes it: one in each line; empty lines and lines that begin with
// '#' do not count, nor do blanks around a line. Errors: kBadKey with the number of the line, or that there
// is none at all.
Result<std::vector<AgeIdentity>> parse_identities(std::string_view text);

}  // namespace sqbackup
