// For age.py: one age file by our own code. Errors go to standard error, with exit code 1.
//   age_file seal IN OUT RECIPIENT...
//   age_file seal-passphrase IN OUT PASSPHRASE
//   age_file open IN OUT IDENTITY_FILE
//   age_file open-passphrase IN OUT PASSPHRASE
//   age_file rewrap IN OUT IDENTITY_FILE RECIPIENT...
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "codec/age/in_memory.h"

namespace {

using namespace sqbackup;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Status write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file << content << std::flush;
  return file ? Status() : Status(Error::kIoError, "cannot write " + path);
}

Result<AgeLock> lock_of(const std::vector<std::string>& texts) {
  AgeLock lock;
  for (const std::string& text : texts) {
    SQB_ASSIGN(const AgeRecipient recipient, AgeRecipient::parse(text));
    lock.recipients.push_back(recipient);
  }
  return lock;
}

Result<AgeKeys> keys_of(const std::string& identity_file) {
  AgeKeys keys;
  SQB_ASSIGN(keys.identities, parse_identities(read_file(identity_file)));
  return keys;
}

Result<std::string> rewrapped(const std::string& file, const AgeKeys& keys, const AgeLock& lock) {
  SQB_ASSIGN(const AgeHeader header, AgeHeader::parse(as_bytes(file)));
  SQB_ASSIGN(const AgeFileKey key, age_file_key(header, keys));
  SQB_ASSIGN(std::string changed, age_rewrap(header, key, lock));
  return changed + file.substr(header.size());
}

Result<std::string> output(const std::string& command, const std::string& in, std::vector<std::string> rest) {
  if (command == "seal") {
    SQB_ASSIGN(const AgeLock lock, lock_of(rest));
    return age_seal(as_bytes(in), lock);
  }
  if (command == "seal-passphrase") {
    AgeLock lock;
    lock.passphrase = Secret(as_bytes(rest.at(0)));
    return age_seal(as_bytes(in), lock);
  }
  if (command == "open-passphrase") {
    AgeKeys keys;
    keys.passphrase = Secret(as_bytes(rest.at(0)));
    return age_open(as_bytes(in), keys);
  }
  SQB_ASSIGN(const AgeKeys keys, keys_of(rest.at(0)));
  if (command == "open") return age_open(as_bytes(in), keys);
  rest.erase(rest.begin());
  SQB_ASSIGN(const AgeLock lock, lock_of(rest));
  return rewrapped(in, keys, lock);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto bytes = output(arguments[0], read_file(arguments[1]), {arguments.begin() + 3, arguments.end()});
  const Status status = bytes.ok() ? write_file(arguments[2], *bytes) : bytes.status();
  if (!status.ok()) std::cerr << status.to_string() << '\n';
  return status.ok() ? 0 : 1;
}
