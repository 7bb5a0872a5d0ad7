// A TCP server on this machine that shows no understanding: for each connection it reads what comes first,
// answers with the next prepared bytes, and then closes, resets or holds the connection.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace sqbackup_test {

struct RawAnswer {
  enum After { kClose, kReset, kHold };
  std::string bytes;
  After after = kClose;
};

class RawServer {
 public:
  explicit RawServer(std::vector<RawAnswer> answers) : answers_(std::move(answers)) {
    received_.reserve(answers_.size());
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);  // accept() returns
    thread_.join();
    for (const int held : held_) ::close(held);
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }
  // What the client sent first, of as many connections as connections() says.
  const std::vector<std::string>& received() const { return received_; }

 private:
  void serve() {
    for (const RawAnswer& answer : answers_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      std::string request(64 * 1024, '\0');
      const ssize_t got = ::recv(client, request.data(), request.size(), 0);
      received_.push_back(request.substr(0, got > 0 ? static_cast<std::size_t>(got) : 0));
      ++connections_;
      ::send(client, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
      if (answer.after == RawAnswer::kHold) {
        held_.push_back(client);
        continue;
      }
      const linger at_once = {1, 0};
      if (answer.after == RawAnswer::kReset)
        ::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      ::close(client);
    }
  }

  std::vector<RawAnswer> answers_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::vector<std::string> received_;
  std::vector<int> held_;
  std::thread thread_;
};

}  // namespace sqbackup_test
